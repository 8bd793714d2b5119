"""The notebook runs from top to bottom without a warning, and is kept without its outputs."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tinygpt_keras.tour import ORDER

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATH = ROOT / "notebooks" / "transformers.ipynb"
# Seconds for one cell, after which nbclient ends it: a guard against one that hangs, and no measurement. The whole
# notebook is to take less than this on two idle cores, so that a single cell which takes it is surely wrong.
LONGEST = 600  # seconds for a cell, by which one that hangs is told from a machine that is busy


@pytest.fixture
def notebook():
    return nbformat.read(PATH, as_version=4)


def text_of(notebook, kind):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def test_it_runs_without_a_warning(tmp_path):
    executed = tmp_path / "executed.ipynb"
    command = [sys.executable, str(Path(__file__).with_name("execute.py")), str(PATH), str(executed), str(LONGEST)]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    notebook = nbformat.read(executed, as_version=4)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == text_of(notebook, "code").count("plt.show()")


def test_outputs_stay_out_of_git(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_it_reads_every_step_of_the_tour_in_order(notebook):
    assert re.findall(r'^read\("(\w+)"\)', text_of(notebook, "code"), re.M) == list(ORDER)


def test_it_ends_with_six_questions_answered_in_two_sentences_each(notebook):
    questions = notebook.cells[-1].source.partition("## Six questions")[2]
    answers = re.findall(r"^\*\*[^*]+\?\*\* (.+?)(?:\n\n|\Z)", questions, re.M | re.S)
    assert len(answers) == 6
    for answer in answers:
        assert len(re.findall(r"\.(?=\s|$)", answer)) == 2, answer


def test_the_files_that_it_links_to_exist(notebook):
    links = re.findall(r"\]\((?!https?://)([^)]+)\)", text_of(notebook, "markdown"))
    assert "../docs/glossary.md" in links
    for link in links:
        assert (PATH.parent / link).is_file(), link


def test_the_glossary_gives_each_term_one_sentence():
    lines = [line for line in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines() if line.startswith("- ")]
    terms = [re.fullmatch(r"- \*\*(.+?)\*\*: ([^.]+(?:\.\d[^.]*)*)\.", line) for line in lines]
    assert [line for line, term in zip(lines, terms, strict=True) if term is None] == []
    names = [term[1].lower() for term in terms if term]
    assert len(set(names)) == len(names)
    explained = {"token", "logit", "head", "residual stream", "pre-norm", "temperature", "nat", "bit"}
    assert explained <= set(names)


def test_the_glossary_has_what_the_notebook_introduces(notebook):
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    names = {name.lower() for name in re.findall(r"^- \*\*(.+?)\*\*:", glossary, re.M)}
    # Bold at the start of a list's item is emphasis, and single letters are shapes.
    bold = re.findall(r"(?<!- )\*\*([A-Za-z][A-Za-z -]+)\*\*", text_of(notebook, "markdown"))
    introduced = {term.lower() for term in bold}
    assert {"tokens", "loss", "gradient", "relu", "transformer"} <= introduced
    missing = [term for term in introduced if not {term, term.removesuffix("s")} & names]
    assert missing == []


def test_the_readme_links_both():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "notebooks/transformers.ipynb" in readme
    assert "(docs/glossary.md)" in readme
