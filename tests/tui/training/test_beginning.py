"""The stages of a start end with what the trainer writes, and the facts are those of its first event."""

import json
import os

import pytest
from hypothesis import given, settings

from tests.tui.conftest import make_checkpoint, make_run, recorded
from tests.tui.histories import STRANGE_EVENTS
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.history import History
from tinygpt_tui.training.beginning import BUILDING, COMPILING, EVALUATING, LOADING, READING, Beginning, facts


class Child:
    """A training child that is alive."""

    status = None

    def __init__(self, started_at):
        self.started_at = started_at


@pytest.fixture
def made(tmp_path):
    """A run's directory without files, its history, and its start."""
    directory = RunDirectory(make_run(tmp_path, "one", [], weights=False))
    for file in (directory.config_file, directory.events_file):
        file.unlink()
    return directory, History(), Beginning(directory)


def touch(path, moment):
    path.touch()
    os.utime(path, (moment, moment))


def happen(history, kind, moment, **fields):
    history.take({"event": kind, "time": moment, "step": 0, **fields})


def test_each_stage_ends_with_what_is_written(made):
    """A stage that nobody saw end has no time."""
    directory, history, beginning = made
    child = Child(100.0)

    def doing(now):
        beginning.look(child, history)
        return beginning.doing(now)

    assert doing(101.2) == f"{READING}, 1 s"
    touch(directory.config_file, 102.0)
    assert doing(105.0) == f"{LOADING}, 3 s"
    touch(directory.events_file, 110.0)
    assert doing(111.0) == f"{BUILDING}, 1 s"
    directory.events_file.write_text("{}\n")
    happen(history, "start", 113.0, config={"preset": "tiny"})
    assert doing(115.0) == f"{EVALUATING}, 2 s"
    happen(history, "eval", 120.0, val_loss=4.0)
    assert doing(123.0) == f"{COMPILING}, 3 s"
    happen(history, "train", 180.0, loss=4.0)
    assert doing(185.0) == ""
    assert [stage.took_s for stage in beginning.stages(190.0)] == [2, 8, 3, 7, 60]

    late = Beginning(directory)
    late.look(child, history)
    assert [stage.is_over for stage in late.stages(190.0)] == [True] * 5
    assert [stage.took_s for stage in late.stages(190.0)][-2:] == [7, 60]
    assert late.stages(190.0)[1].took_s is None, "the history was no longer empty"


def test_a_resumed_run_loads_its_checkpoint(made):
    """What an earlier process wrote does not count."""
    directory, history, beginning = made
    make_checkpoint(directory.path, 20)
    touch(directory.config_file, 50.0)
    happen(history, "start", 60.0, config={"preset": "tiny"})
    happen(history, "train", 61.0, loss=3.0)
    beginning.look(Child(100.0), history)
    assert beginning.doing(104.0) == "loading TensorFlow, checkpoint, 4 s"
    happen(history, "start", 110.0, config={"preset": "tiny"}, resumed=True)
    beginning.look(Child(100.0), history)
    assert beginning.doing(112.0) == "compiling the first step, 2 s"
    happen(history, "train", 120.0, loss=3.0)
    beginning.look(Child(100.0), history)
    assert beginning.doing(121.0) == ""


def test_a_run_without_trainer_has_no_stages(made):
    _, history, beginning = made
    beginning.look(None, history)
    assert beginning.stages(5.0) == []
    assert beginning.doing(5.0) == ""


def test_the_facts_are_those_of_the_start(tmp_path):
    history = History()
    assert facts(history) == []
    plan = RunDirectory(make_run(tmp_path, "one")).config()
    assert dict(facts(history, plan))["model"].startswith("804,224 parameters, 4 blocks")
    assert {"recipe", "text", "plan"} <= set(dict(facts(history, plan)))
    history.take(recorded()[0])
    assert dict(facts(history)) == {
        "recipe": "tiny",
        "model": "804,224 parameters, 4 blocks of 4 heads, 256 characters of context",
        "text": "1,003,854 characters of tiny-shakespeare, 111,540 to validate",
        "device": "2 CPU cores",
        "plan": "1,800 steps, an evaluation every 100 steps",
        "to beat": "4.174  guessing blindly\n3.347  counting letters (a unigram)\n2.485  a bigram\n2.050  a 3-gram\n"
        "1.880  nanoGPT's laptop recipe\n1.777  a 4-gram\n1.470  nanoGPT's GPU recipe",
    }
    dates = {"task": "dates", "model": {"architecture": "transformer", "num_layers": 2, "num_heads": 4}}
    history.take({**recorded()[0], "config": {**dates, "corpus": {"name": "dates"}}})
    assert dict(facts(history))["model"] == "804,224 parameters, encoder and decoder of 2 blocks of 4 heads"
    assert dict(facts(history))["text"].startswith("1,003,854 characters of replies, those of dates")
    timed = {"training": {"minutes": 4.0, "steps": 100, "eval_every": 50}, "model": {"architecture": "bigram"}}
    history.take({**recorded()[0], "config": timed})
    assert dict(facts(history))["plan"] == "4 minutes, an evaluation every 50 steps"
    assert dict(facts(history))["model"] == "804,224 parameters"


@settings(max_examples=60)
@given(STRANGE_EVENTS)
def test_no_start_event_is_an_error(events):
    history = History()
    for item in json.loads(json.dumps(events)):
        history.take(item)
        assert all(isinstance(words, str) for _, words in facts(history))
