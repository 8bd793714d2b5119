"""The notebook runs from top to bottom without a warning, and its rendered copy shows its present cells."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from tinygpt_keras.tour import ORDER, read_steps

ROOT = Path(__file__).parents[2]
PATH = ROOT / "notebooks" / "transformers.ipynb"
sys.path.insert(0, str(ROOT / "docs"))
rendering = importlib.import_module("make_rendered_notebook")
RENDERED = rendering.DOCS / rendering.NAME
RENDER_AGAIN = "The rendered copy is out of date. Run `python docs/make_rendered_notebook.py`."


@pytest.fixture
def notebook():
    return nbformat.read(PATH, as_version=4)


def text_of(notebook, kind):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def pictures_of(folder):
    return sorted((folder / rendering.PICTURES).glob("*.png"))


@pytest.mark.slow
def test_it_runs_without_a_warning(notebook, tmp_path):
    command = [sys.executable, rendering.__file__, "--folder", str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert len(pictures_of(tmp_path)) == text_of(notebook, "code").count("plt.show()")


def test_a_warning_is_an_error(notebook):
    (cell, *_) = notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="deprecated\n")]
    with pytest.raises(ValueError, match="deprecated"):
        rendering.render(notebook)


def test_a_false_claim_stops_it(notebook):
    first = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    functions = [node for node in ast.parse(first).body if isinstance(node, ast.FunctionDef)]
    helpers = {"np": np, "Any": Any}
    exec(compile(ast.Module(functions, []), "helpers", "exec"), helpers)
    for false_claim in (lambda: helpers["holds"]("x", False), lambda: helpers["same"]("x", [0.0, float("nan")], 0.0)):
        with pytest.raises(ValueError, match="x"):
            false_claim()


def test_outputs_stay_out_of_the_notebook(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_the_rendered_copy_has_the_present_cells(notebook):
    text = RENDERED.read_text("utf-8")
    cells, _ = rendering.render(notebook)
    assert rendering.without_outputs(text) == cells, RENDER_AGAIN
    for step in read_steps().values():
        assert step.code in text, RENDER_AGAIN
        assert " ".join(step.sentences) in text, RENDER_AGAIN


def test_the_rendered_copy_shows_its_pictures_and_is_small():
    pictures = pictures_of(RENDERED.parent)
    shown = re.findall(r"!\[.*\]\((.+)\)", RENDERED.read_text("utf-8"))
    assert [RENDERED.parent / name for name in shown] == pictures
    assert sum(path.stat().st_size for path in (RENDERED, *pictures)) < 2e6


def test_it_reads_every_step_of_the_tour_in_order(notebook):
    assert re.findall(r'^read\("(\w+)"\)', text_of(notebook, "code"), re.M) == list(ORDER)


def test_the_files_that_it_links_to_exist(notebook):
    links = re.findall(r"\]\((?!https?://)([^)]+)\)", text_of(notebook, "markdown"))
    assert "../docs/glossary.md" in links
    for link in links:
        assert (PATH.parent / link).is_file(), link


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
