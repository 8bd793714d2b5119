"""How two runs are compared that should have ended alike."""

import re

import numpy as np

from tests.conftest import SMALL
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.events import read_events

# Everything that has a state: dropout, noise, and an optimizer of two kinds.
STATEFUL = [
    *SMALL,
    *("--attention-dropout", "0.1", "--attention-output-dropout", "0.1", "--feed-forward-dropout", "0.1"),
    *("--embedding-dropout", "0.1", "--input-noise", "0.1", "--clip-norm", "1", "--optimizer", "muon"),
    *("--sample-length", "12"),
    *("--warmup-steps", "5", "--patience", "1000"),
]


def last_step(run):
    """The step of the newest checkpoint."""
    return max(int(path.name) for path in (run / "checkpoints").iterdir() if path.name.isdecimal())


def assert_same_state(ours, theirs):
    """Compare two checkpoints' arrays; Keras numbers seed generators through a process."""
    names, expected = ([re.sub(r"seed_generator_\d+", "seed_generator", n) for n in s.files] for s in (ours, theirs))
    assert names == expected
    assert any("seed" in name for name in names)
    for name, other in zip(ours.files, theirs.files, strict=True):
        np.testing.assert_array_equal(ours[name], theirs[other], err_msg=name)


def assert_same_end(run, whole):
    """Compare last checkpoints (weights, optimizer, seeds), best weights and events, all without tolerance."""
    last = f"checkpoints/{last_step(whole)}/state.npz"
    with np.load(run / last) as ours, np.load(whole / last) as theirs:
        assert_same_state(ours, theirs)
    best, expected = (open_run(folder).model.get_weights() for folder in (run, whole))
    for ours, theirs in zip(best, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for event in ("eval", "sample"):
        assert at_evaluations(run, event) == at_evaluations(whole, event)
    losses = {e["step"]: e["loss"] for e in read_events(whole / "events.jsonl") if e["event"] == "train"}
    for event in read_events(run / "events.jsonl"):
        if event["event"] == "train" and event["step"] in losses:
            assert event["loss"] == losses[event["step"]]


def at_evaluations(run, event):
    """A run's events of a kind by step, without those that the clock brought between evaluations."""
    events = list(read_events(run / "events.jsonl"))
    evaluated = {e["step"] for e in events if e["event"] == "eval"}
    return {e["step"]: {**e, "time": 0} for e in events if e["event"] == event and e["step"] in evaluated}


def starts(run):
    """Whether each start of a run resumed it, and at which step."""
    return [(e["resumed"], e["step"]) for e in read_events(run / "events.jsonl") if e["event"] == "start"]
