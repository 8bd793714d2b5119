"""Events of any kind make a history that can be shown, and a resumed run is one run."""

import json

import pytest
from hypothesis import given, settings

from tests.tui.conftest import recorded
from tests.tui.histories import EVERY, STRANGE_EVENTS, event, trained_events
from tinygpt_tui.runs.history import Evaluation, History, Sample


def history_of(*events):
    history = History()
    for item in events:
        history.take(item)
    return history


@settings(max_examples=80)
@given(STRANGE_EVENTS)
def test_no_event_is_an_error(events):
    history = History()
    for item in json.loads(json.dumps(events)):
        history.take(item)
        assert history.step >= 0
        assert history.progress is None or 0 <= history.progress <= 1
        assert history.total_steps is None or history.total_steps >= 1
        assert history.best is None or history.best in history.evaluations
    assert len(history.train.steps) == len(history.train.losses)
    assert len(history.validation.steps) == len(history.evaluations)


def test_a_sample_of_pairs_tells_whether_it_is_right():
    ask = {"prompt": "16th of June 2831", "text": "2831-06-16"}
    begun = event("start", 0, config={"task": "dates"})
    for known, told in (
        ({}, "16th of June 2831 → 2831-06-16"),
        ({"right_reply": 7}, "16th of June 2831 → 2831-06-16"),
        ({"right_reply": "2831-06-16"}, "16th of June 2831 → 2831-06-16\n\n✓ exactly right"),
        ({"right_reply": "2831-06-17"}, "16th of June 2831 → 2831-06-16\n\n✗ right is 2831-06-17"),
    ):
        history = history_of(begun, event("sample", 1, **ask, **known), event("eval", 1, val_loss=0.1, exact=1.5))
        assert history.samples[-1].told == told
        assert history.latest.exact is None, "no share is above one"
    assert history_of(begun, event("eval", 1, val_loss=0.1, exact=0.5)).latest.exact == 0.5


def test_a_recorded_run_is_taken_in_whole():
    events = recorded()
    history = history_of(*events)
    evals = [item for item in events if item["event"] == "eval"]
    samples = [item for item in events if item["event"] == "sample"]
    trains = [item for item in events if item["event"] == "train"]
    assert history.evaluations == [Evaluation(e["step"], e["train_loss"], e["val_loss"], e["best"]) for e in evals]
    assert list(zip(history.validation.steps, history.validation.losses, strict=True)) == [
        (e["step"], e["val_loss"]) for e in evals
    ]
    assert list(zip(history.train.steps, history.train.losses, strict=True)) == [(e["step"], e["loss"]) for e in trains]
    assert history.samples == [Sample(e["step"], e["prompt"], e["text"]) for e in samples]
    assert (history.config, history.rungs) == (events[0]["config"], events[0]["rungs"])
    assert (history.parameters, history.device) == (events[0]["parameters"], events[0]["device"])
    assert history.characters_per_s == trains[-1]["characters_per_s"]
    assert history.learning_rate == trains[-1]["learning_rate"]
    assert (history.step, history.total_steps, history.progress) == (1800, 1800, 1.0)
    assert (history.end_reason, history.eta_s) == ("finished", None)
    assert history.best is not None
    assert history.best.val_loss == events[-1]["best_val_loss"] == min(e["val_loss"] for e in evals)


@given(trained_events())
def test_a_resumed_history_keeps_each_steps_last_attempt(events):
    history = history_of(*events)
    attempts = {item["step"]: item["loss"] for item in events if item["event"] == "train"}
    assert list(history.train.steps) == list(range(1, history.step + 1))
    assert list(history.train.losses) == [attempts[step] for step in range(1, history.step + 1)]
    assert list(history.validation.steps) == list(range(EVERY, history.step + 1, EVERY))
    assert [evaluation.step for evaluation in history.evaluations] == list(history.validation.steps)
    assert history.end_reason == (events[-1]["reason"] if events[-1]["event"] == "end" else None)


def test_resuming_discards_samples_and_speed_of_repeated_steps():
    """Their warnings go, too."""
    history = history_of(
        event("sample", 4, prompt="", text="kept"),
        event("sample", 8, prompt="", text="written again"),
        event("train", 9, loss=1.0, eta_s=5.0, characters_per_s=3, learning_rate=0.1),
        event("warning", 3, message="low disk"),
        event("warning", 9, message="overfitting began"),
        event("start", 4),
    )
    assert [sample.text for sample in history.samples] == ["kept"]
    assert (history.eta_s, history.characters_per_s, history.learning_rate, history.step) == (None, None, None, 4)
    assert history.warnings == [(3, "low disk")]


@pytest.mark.parametrize(
    ("training", "train", "progress"),
    [
        ({"steps": 200, "minutes": None}, event("train", 50, loss=1.0), 0.25),
        ({"steps": 200, "minutes": None}, event("train", 900, loss=1.0), 1.0),
        ({"steps": 200, "minutes": 2.0}, event("train", 50, loss=1.0, eta_s=30.0), 0.75),
        ({"steps": 200, "minutes": 2.0}, event("train", 50, loss=1.0, eta_s=600.0), 0.0),
        ({"steps": 200, "minutes": 2.0}, event("train", 50, loss=1.0), None),
        ({"steps": -5, "minutes": None}, event("train", 50, loss=1.0), None),
        ({"steps": "many"}, event("train", 50, loss=1.0), None),
        ({}, event("train", 50, loss=1.0), None),
    ],
)
def test_progress_is_counted_in_steps_or_by_the_clock(training, train, progress):
    history = history_of(event("start", 0, config={"training": training}), train)
    assert history.progress == progress
    assert history.total_steps == (200 if training.get("steps") == 200 and not training["minutes"] else None)


@pytest.mark.parametrize("loss", [None, "1.5", True, [], float("nan"), float("inf"), 10**400, 1e308, -1e308])
def test_what_is_no_number_is_no_point(loss):
    history = history_of(event("train", 1, loss=loss), event("eval", 1, val_loss=loss, train_loss=1.0))
    assert not history.train.steps
    assert not history.validation.steps
    assert history.best is None


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, 10**400])
def test_a_step_that_nobody_reaches_changes_nothing(step):
    kinds = ["train", "eval", "sample", "warning", "start", "end"]
    history = history_of(event("train", 3, loss=1.0), *(event(kind, step, loss=1.0, val_loss=1.0) for kind in kinds))
    assert (history.step, list(history.train.steps), history.evaluations, history.samples) == (3, [3], [], [])


def test_an_unknown_kind_changes_nothing():
    history = history_of(event("train", 3, loss=1.0), event("checkpoint", 9), event("of the future", 9))
    assert (history.step, list(history.train.steps)) == (3, [3])
