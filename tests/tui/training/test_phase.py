"""What a run is doing is told from its folder, its history and its process, whichever of them is there."""

import os

import pytest

from tests.tui.conftest import make_checkpoint, make_run, recorded
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.history import History
from tinygpt_tui.training.phase import LOG_LINES, awaited, phase, trouble


class Child:
    """A training child that has this status."""

    def __init__(self, status, started_at=0.0):
        self.status = status
        self.started_at = started_at


@pytest.fixture
def directory(tmp_path):
    return RunDirectory(make_run(tmp_path, "one"))


def history(*events):
    taken = History()
    for event in events:
        taken.take(event)
    return taken


START = recorded()[0]
END = {"event": "end", "time": START["time"] + 1, "step": 9, "reason": "failed"}


@pytest.mark.parametrize(
    ("status", "events", "state"),
    [
        (None, [], "starting"),
        (0, [START, {**END, "reason": "finished"}], "finished"),
        (0, [START, {**END, "reason": "stopped_early"}], "finished"),
        (130, [START], "interrupted"),
        (-2, [], "interrupted"),
        (-2, [START, {**END, "reason": "interrupted"}], "interrupted"),
        (-2, [START, {**END, "reason": "finished"}], "finished"),  # stopped while it loaded
        (-9, [START], "failed"),
        (1, [START, {**END, "reason": "finished"}], "failed"),
        (0, [], "failed"),
        ("nobody's", [START], "interrupted"),
        ("nobody's", [START, END], "failed"),
    ],
)
def test_what_a_child_and_its_history_tell(directory, status, events, state):
    child = None if status == "nobody's" else Child(status)
    assert phase(directory, child, history(*events), False, stopping=False) == state


def test_somebody_elses_run(directory):
    with directory.locked():
        assert phase(directory, None, history(), False, stopping=False) == "starting"
        assert phase(directory, None, history(START), False, stopping=False) == "running"
        assert phase(directory, None, history(START), False, stopping=True) == "stopping…"
    assert phase(directory, None, history(START), False, stopping=True) == "interrupted"


@pytest.mark.parametrize("status", [None, 0, 1, -9])
def test_a_run_without_its_history_is_gone(directory, status):
    """New files in its folder do not bring it back; a starting run has no history yet."""
    assert phase(directory, Child(status), history(START), True, stopping=False) == "gone"
    assert phase(directory, Child(None), history(), True, stopping=False) == "starting"
    nowhere = RunDirectory(directory.path / "nowhere")
    assert phase(nowhere, Child(status), history(), True, stopping=False) == "gone"


def test_only_a_self_failed_process_shows_its_log(directory):
    directory.log_file.write_text("".join(f"line {number}\n" for number in range(30)))
    failed = trouble(directory, Child(1), history(START), "failed", 40)
    assert failed.splitlines()[1:] == [f"line {number}" for number in range(30 - LOG_LINES, 30)]
    assert len(trouble(directory, Child(1), history(START), "failed", 4).splitlines()) == 4
    killed = trouble(directory, Child(-9), history(START), "failed", 40)
    assert killed.startswith("Training was killed (by signal 9)")
    assert "line" not in trouble(directory, Child(130), history(START), "interrupted", 40)


@pytest.mark.parametrize(
    ("status", "state", "ended"),
    [(-2, "interrupted", "Stopped"), (-9, "failed", "Training was killed (by signal 9)")],
)
def test_an_ended_run_says_whether_it_can_resume(directory, status, state, ended):
    def words():
        return trouble(directory, Child(status), history(), state, 40)

    assert words() == f"{ended} without a checkpoint to resume from. Press u to begin again."
    make_checkpoint(directory.path, 20)
    assert words() == f"{ended} before its end. Press u to resume it."
    directory.config_file.unlink()
    assert words() == f"{ended} while it was starting up: there is nothing to resume."


TRAIN = {"event": "train", "time": 1.0, "step": 1, "loss": 4.0}
EVAL = {"event": "eval", "time": 1.0, "step": 0, "val_loss": 4.0, "train_loss": 4.0}


def test_a_foreign_run_counts_only_its_current_trainer(directory):
    """Events from before its trainer started do not count."""
    told = history({**START, "time": 100.0}, TRAIN, {**END, "time": 200.0})
    with directory.locked():
        for moment, words in [(50, "a checkpoint is saved"), (250, "it is still starting up")]:
            os.utime(directory.trainer_file, (moment, moment))
            assert words in awaited(directory, None, told)


@pytest.mark.parametrize(
    ("events", "started_at", "words"),
    [
        ([], None, "it is still starting up"),
        ([START], None, "it is still compiling its first step or evaluating"),
        ([START, EVAL], None, "it is still compiling its first step or evaluating"),
        ([START, EVAL, TRAIN], None, "the step that has begun is finished, then a checkpoint is saved"),
        ([START, TRAIN, END], None, "a checkpoint is saved, and the process is ending"),
        ([START, TRAIN, END], END["time"] + 1, "it is still starting up"),  # after it was resumed
        ([START, TRAIN], START["time"] + 1, "it is still starting up"),  # after a kill
        ([START, TRAIN], START["time"] - 1, "the step that has begun is finished"),
    ],
)
def test_a_stopping_run_says_what_it_awaits(directory, events, started_at, words):
    child = None if started_at is None else Child(None, started_at)
    nothing = " There is no checkpoint to resume from yet."
    asked = awaited(directory, child, history(*events))
    assert words in asked
    assert asked.endswith(nothing) == ("still" in asked)
    make_checkpoint(directory.path, 20)
    assert awaited(directory, child, history(*events)) == asked.removesuffix(nothing)
