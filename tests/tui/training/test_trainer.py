"""A run is a process of its own: it outlives whoever started it, is stopped by anybody, and says why it failed."""

import json
import os

import pytest

from tests.tui.conftest import TRAINER, make_checkpoint, make_run
from tests.tui.histories import wait_until
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_tui.runs.log import last_lines
from tinygpt_tui.training import trainer
from tinygpt_tui.training.trainer import (
    NICENESS,
    beginning_anew,
    discard_unborn,
    niceness,
    resume_run,
    start_run,
    still_training,
    stop_run,
)


def ended(training):
    """Wait until a child has ended; gives its status."""
    wait_until(lambda: training.status is not None)
    return training.status


def events(directory, kind):
    return [event for event in read_events(directory.events_file) if event["event"] == kind]


def test_a_run_trains_with_its_given_flags(tmp_path, started):
    """It ends by itself with status 0."""
    training = started("mine", ["--preset", "nano-cpu", "--steps=40"], evaluations=2, pause_s=0)
    directory = training.directory
    assert directory == RunDirectory(tmp_path / "runs" / "mine")
    assert ended(training) == 0
    given = json.loads((directory.path / ".argv").read_text())
    assert given == ["--run-dir", str(directory.path), "--preset", "nano-cpu", "--steps=40"]
    assert directory.config().training.steps == 40
    assert [event["step"] for event in events(directory, "eval")] == [20, 40]
    assert directory.log_file.read_text() == f"{directory.path}\n"
    assert directory.trainer() is None


def test_a_run_gives_way_to_other_processes(started):
    training = started()
    wait_until(lambda: niceness(training.process) == min(niceness(os.getpid()) + NICENESS, 19))
    training._process.kill()
    ended(training)
    assert niceness(training.process) == niceness(None) == niceness(-1) == niceness(10**30) == 0


def test_a_detached_run_can_be_stopped_and_resumed(started):
    """It outlives the process that started it, and no second trainer can start."""
    training = started()
    directory = training.directory
    process = wait_until(directory.trainer)
    assert process == training._process.pid
    assert os.getsid(process) == process != os.getsid(0), "no terminal's Ctrl-C or hang-up reaches it"
    with pytest.raises(InputError, match="one is training already"):
        resume_run(directory, command=TRAINER)
    wait_until(lambda: events(directory, "eval"))
    assert still_training([training]) == (
        f"Training goes on in {directory.path}/; `tinygpt-tui {directory.path}` watches it."
    )
    assert stop_run(directory)
    assert ended(training) == 130
    assert still_training([training]) == still_training([]) == ""
    (end,) = events(directory, "end")
    assert end["reason"] == "interrupted"
    assert not stop_run(directory), "nobody is left to be asked"

    resumed = resume_run(directory, command=TRAINER)
    started.also(resumed)
    first, second = wait_until(lambda: len(found := events(directory, "start")) > 1 and found)
    assert (first["resumed"], second["resumed"], second["step"]) == (False, True, end["step"])
    wait_until(lambda: events(directory, "train")[-1]["step"] > end["step"])
    resumed.interrupt()
    assert ended(resumed) == 130
    assert json.loads((directory.path / ".argv").read_text()) == ["--run-dir", str(directory.path), "--resume"]


def test_what_would_begin_anew_is_asked_first(tmp_path):
    path = make_run(tmp_path, "one", weights=False)
    directory = RunDirectory(path)
    assert beginning_anew(directory) == ("", [])
    (path / "best.keras").touch()
    question, flags = beginning_anew(directory)
    assert "training begins again at step 0" in question
    assert flags == []
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "start_from": "pretrained"}))
    assert beginning_anew(directory) == (question, [])
    (path / "config.json").write_text(json.dumps({**config, "start_from": "../theirs"}))
    question, flags = beginning_anew(directory)
    assert "with the weights of ../theirs. Go on only if you trust that run" in question
    assert flags == ["--from", "../theirs"]
    make_checkpoint(path, 20)
    assert beginning_anew(directory) == ("", [])


def test_a_run_that_fails_says_why_and_leaves_nothing(tmp_path, started, monkeypatch):
    monkeypatch.setenv("SCRIPTED_FAIL", "1")
    training = started()
    assert ended(training) == 2
    assert last_lines(training.directory.log_file) == "error: something was wrong. Do something."
    discard_unborn(training.directory)
    assert list((tmp_path / "runs").iterdir()) == []


def test_what_holds_more_than_a_log_is_kept(tmp_path):
    directory = RunDirectory(tmp_path / "one")
    directory.path.mkdir()
    directory.log_file.write_text("why it failed")
    for kept in (directory.config_file, directory.path / "notes.txt"):
        kept.write_text("{}")
        discard_unborn(directory)
        assert kept.exists()
        kept.unlink()
    discard_unborn(directory)
    assert not directory.path.exists()


@pytest.mark.parametrize("name", ["", "..", "../one", "a/b", "/one", "a b", "[/]", "x" * 65])
def test_a_name_that_is_none_starts_nothing(tmp_path, name):
    with pytest.raises(InputError, match="is not a valid run name"):
        start_run(tmp_path / "runs", name, [], TRAINER)
    assert list(tmp_path.iterdir()) == []


def test_nothing_starts_in_the_place_of_anything(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="there is a run taken already"):
        start_run(tmp_path, "taken", [], TRAINER)
    assert list((tmp_path / "taken").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        start_run(tmp_path / "file", "one", [], TRAINER)


@pytest.mark.parametrize("noted", ["0", "-1", "-7", "9" * 30, "", "x", "2\0"])
def test_only_a_process_is_ever_signalled(tmp_path, monkeypatch, noted):
    signalled = []

    def kill(process, number):
        signalled.append(process)
        if process > 2**31:
            raise OverflowError(number)

    monkeypatch.setattr(trainer.os, "kill", kill)
    directory = RunDirectory(tmp_path)
    with directory.locked():
        directory.trainer_file.write_text(noted)
        assert not stop_run(directory)
    assert all(process > 0 for process in signalled)


def test_stopping_an_ended_trainer_returns_false(tmp_path, monkeypatch):
    def kill(process, number):
        raise ProcessLookupError(process, number)

    monkeypatch.setattr(trainer.os, "kill", kill)
    with RunDirectory(tmp_path).locked():
        assert not stop_run(RunDirectory(tmp_path))
