"""A folder's texts are listed without opening anything, whatever lies in it."""

import os
import sys
from pathlib import Path

import pytest

from tinygpt_tui.training import listing
from tinygpt_tui.training.listing import Entry, as_typed, first_folder, list_texts
from tinygpt_tui.training.text_facts import read_text_facts

ODD = [
    "[red]bold.txt",
    "[@click=app.quit]x.txt",
    "two\nlines.txt",
    "\x1b[2J.txt",
    " before.txt",
    "~.txt",
    "no ending",
    "UPPER.TXT",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of odd things, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ODD:
        (tmp_path / name).write_text("abc " * 9)
    for name in ("picture.png", "best.keras", ".hidden", "packed.txt.gz", "UPPER.TXT ", "below\n"):
        (tmp_path / name).touch()
    (tmp_path / "below").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "circle.txt").symlink_to(tmp_path / "circle.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "device.txt").symlink_to("/dev/zero")
    (tmp_path / "again").symlink_to(tmp_path)
    return tmp_path


def test_folders_and_texts_are_listed_and_nothing_else(folder):
    found = list_texts(folder)
    assert [entry.name for entry in found.entries if entry.is_folder] == ["again", "below"]
    assert {entry.name for entry in found.entries if not entry.is_folder} == set(ODD)
    assert found.entries[:2] == [Entry("again", True), Entry("below", True)]
    assert {entry.size for entry in found.entries[2:]} == {36}
    assert (found.left_out, found.failure) == (0, "")


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take only names in UTF-8")
def test_a_name_that_is_not_utf8_is_listed(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("abc")
    assert [entry.name for entry in list_texts(tmp_path).entries] == ["\udcff.txt"]


def test_a_large_folder_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "LISTED", 3)
    for number in range(7):
        (tmp_path / f"{number}.txt").touch()
    found = list_texts(tmp_path)
    assert [entry.name for entry in found.entries] == ["0.txt", "1.txt", "2.txt"]
    assert found.left_out == 4
    monkeypatch.setattr(listing, "LOOKED_AT", 5)
    assert list_texts(tmp_path).left_out == 2


def test_a_folder_that_cannot_be_read_says_why(tmp_path):
    assert "No such file" in list_texts(tmp_path / "nowhere").failure
    (tmp_path / "file").touch()
    assert "Not a directory" in list_texts(tmp_path / "file").failure
    assert list_texts(Path("a\0b")).failure


def test_a_taken_path_is_read_as_itself(folder):
    for path in (folder / name for name in ODD):
        assert read_text_facts(as_typed(path).strip()).characters == 36
    assert as_typed(folder) == "."
    assert as_typed(folder / "below" / "a.txt") == "below/a.txt"
    assert as_typed(Path("/elsewhere/a.txt")) == "/elsewhere/a.txt"
    for name in ("-", "tiny-shakespeare", "~", "~root"):
        assert as_typed(folder / name) == f"./{name}"


def test_the_list_begins_at_the_typed_path(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder / "below"))
    for typed in ("", "tiny-shakespeare", "UPPER.TXT", "nowhere.txt", "nowhere/a.txt", ".", "a\0b", "\ud800"):
        assert first_folder(typed) == folder
    for typed in ("below", "below/a.txt", "~", "~/a.txt", str(folder / "below")):
        assert first_folder(typed) == folder / "below"
