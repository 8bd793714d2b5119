"""Runs are renamed and deleted inside their folder, and nothing else is touched."""

import shutil

import pytest

from tests.tui.conftest import make_run
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.shelf import delete_run, rename_run


@pytest.fixture
def runs_dir(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def run(runs_dir):
    return RunDirectory(make_run(runs_dir, "one"))


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def refuses_both(runs_dir, run, words):
    """Both ways to change a run are refused, and everything stays as it is."""
    before = sorted(path for path in runs_dir.parent.rglob("*") if path.name != ".lock")
    with pytest.raises(InputError, match=words):
        rename_run(runs_dir, run, "other")
    with pytest.raises(InputError, match=words):
        delete_run(runs_dir, run)
    assert sorted(path for path in runs_dir.parent.rglob("*") if path.name != ".lock") == before


def test_renaming_a_run_keeps_all_its_files(runs_dir, run):
    before = {path.name: path.read_bytes() for path in run.path.iterdir()}
    renamed = rename_run(runs_dir, run, "two.0-a_B")
    assert renamed == RunDirectory(runs_dir / "two.0-a_B")
    assert names(runs_dir) == ["two.0-a_B"]
    assert {path.name: path.read_bytes() for path in renamed.path.iterdir() if path.name != ".lock"} == before


@pytest.mark.parametrize("name", ["", ".", "..", "../two", "a/b", "a/", "/two", "a b", "[/]", "-x", "x" * 65, "a\0b"])
def test_what_is_no_name_is_refused(runs_dir, run, name):
    with pytest.raises(InputError, match="is not a valid run name"):
        rename_run(runs_dir, run, name)
    assert names(runs_dir) == ["one"]
    assert names(runs_dir.parent) == ["runs"]


def test_no_run_takes_the_place_of_anything(runs_dir, run):
    make_run(runs_dir, "two")
    (runs_dir / "file").write_text("")
    (runs_dir / "link").symlink_to(runs_dir / "nowhere")
    for taken in ("one", "two", "file", "link"):
        with pytest.raises(InputError, match=f"there is a run {taken} already"):
            rename_run(runs_dir, run, taken)
    assert names(runs_dir) == ["file", "link", "one", "two"]


def test_deleting_a_run_keeps_its_link_targets(tmp_path, runs_dir, run):
    make_run(runs_dir, "two")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    (run.path / "checkpoints").symlink_to(tmp_path / "precious")
    delete_run(runs_dir, run)
    assert names(runs_dir) == ["two"]
    assert (tmp_path / "precious" / "file").read_text() == "kept"


def test_what_lies_elsewhere_is_left_alone(tmp_path, runs_dir, run):
    for path in ("beside", "runs/one/deeper"):
        make_run(tmp_path, path)
    shutil.copy(run.config_file, tmp_path)  # which makes a run of it
    for path in ("beside", "runs/one/deeper", "runs/../beside", "runs/one/..", "runs/.."):
        refuses_both(runs_dir, RunDirectory(tmp_path / path), "does not lie in")
    assert run.path.is_dir()


def test_a_linked_run_is_neither_renamed_nor_deleted(tmp_path, runs_dir, run):
    make_run(tmp_path, "beside")
    (runs_dir / "out").symlink_to(tmp_path / "beside")
    (runs_dir / "in").symlink_to(run.path)
    for name in ("out", "in"):
        refuses_both(runs_dir, RunDirectory(runs_dir / name), "does not lie in")


def test_a_folder_of_runs_may_itself_be_a_link(tmp_path, runs_dir, run):
    (tmp_path / "link").symlink_to(runs_dir)
    rename_run(tmp_path / "link", run, "two")
    delete_run(runs_dir, RunDirectory(tmp_path / "link" / "two"))
    assert names(runs_dir) == []


def test_a_run_that_trains_is_left_alone(runs_dir, run):
    with run.locked():
        refuses_both(runs_dir, run, "one is training. Stop it first")
    delete_run(runs_dir, run)
    assert names(runs_dir) == []


def test_what_is_no_run_is_left_alone(runs_dir, run):
    (runs_dir / "notes").mkdir()
    for name in ("notes", "gone"):
        refuses_both(runs_dir, RunDirectory(runs_dir / name), "is no longer a run")
    assert names(runs_dir) == ["notes", "one"]
    assert run.path.is_dir()
