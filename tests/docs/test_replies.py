"""The commands of docs/replies.md run as it shows them, here in small."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import SMALL, command
from tinygpt_keras.config import RunConfig
from tinygpt_keras.runs.directory import RunDirectory

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "replies.md").read_text("utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^python -m tinygpt_keras\.(.*)$", PAGE, re.M)]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the page's Python has written its pairs."""
    folder = tmp_path_factory.mktemp("replies")
    (program,) = (text for kind, text in BLOCKS if kind == "python")
    exec(program.replace('"pairs.tsv"', repr(str(folder / "pairs.tsv"))), {})
    return folder


def test_the_file_begins_as_shown(folder):
    lines = (folder / "pairs.tsv").read_text("utf-8").splitlines(keepends=True)
    assert ("", "".join(lines[:3])) in BLOCKS
    assert len({line.split("\t")[0] for line in lines}) == len(lines) == 3999
    assert (
        max(len(column) for line in lines for column in line.rstrip("\n").split("\t")) == len("MMMDCCCLXXXVIII") == 15
    )


def test_bad_lines_are_named_as_shown(folder):
    (text,) = re.findall(r"^printf '(.*)' > bad.tsv$", PAGE, re.M)
    (folder / "bad.tsv").write_text(text.replace("\\n", "\n").replace("\\t", "\t"))
    (flags,) = (words for words in COMMANDS if "bad.tsv" in words)
    status, out, err = command("train", *flags[1:], cwd=folder)
    assert (status, out) == (2, "")
    assert ("", err) in BLOCKS


def test_its_run_is_trained_asked_and_scored(folder):
    """The flags that cost time come last, and win."""
    train, *others = [words for words in COMMANDS if "runs/roman" in words]
    small = [*SMALL, "--block-size", 16, "--steps", 2, "--eval-every", 2]
    status, out, err = command("train", *train[1:], *small, cwd=folder)
    assert status == 0, err
    assert "not fit into the block size" not in err
    config: RunConfig = RunDirectory(folder / out.strip()).config()
    assert (config.task, config.preset, config.model.replies) == ("pairs", "encdec", True)
    verbs = []
    for verb, *flags in others:
        status, out, err = command(verb, *flags, cwd=folder)
        assert status == 0, err
        verbs.append(verb)
        assert out.startswith("1607 → ") if verb.endswith("sample") else "exactly right" in out
    assert verbs == ["sample", "evaluate"]
