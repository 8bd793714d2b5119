"""Run directories are named safely, found by age, and held by one trainer."""

import os

import pytest

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs import RunDirectory, check_run_name, new_run_directory, newest_run


def make(folder, name, age):
    run = folder / name
    run.mkdir(parents=True)
    (run / "config.json").write_text("{}")
    (run / "best.keras").write_bytes(b"")
    (run / "events.jsonl").write_bytes(b"")
    os.utime(run / "events.jsonl", (1e9 - age, 1e9 - age))
    return run


def test_the_newest_run_is_the_one_written_last(tmp_path):
    assert newest_run(tmp_path) is None
    make(tmp_path, "old", 100)
    new = make(tmp_path, "new", 1)
    (tmp_path / "empty").mkdir()
    unfinished = make(tmp_path, "unfinished", 0)
    (unfinished / "best.keras").unlink()
    assert newest_run(tmp_path) == RunDirectory(new)
    assert newest_run(tmp_path, needed="config.json") == RunDirectory(unfinished)


def test_new_names_are_free(tmp_path):
    first = new_run_directory("tiny", tmp_path)
    first.mkdir()
    second = new_run_directory("tiny", tmp_path)
    assert first != second
    assert not second.exists()
    check_run_name(second)


@pytest.mark.parametrize("name", ["..", "-x", "a b", "ends.", "x" * 65, "[bold]", "a\nb", ".hidden"])
def test_names_that_some_system_would_not_take_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="no name for a run"):
        check_run_name(tmp_path / name)


def test_a_second_trainer_is_refused(tmp_path):
    run = RunDirectory(tmp_path)
    with run.locked(), pytest.raises(InputError, match="another process is training"), run.locked():
        pass
    with run.locked():
        pass
