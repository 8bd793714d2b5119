"""What a run writes for TensorBoard is what its history says."""

import importlib.util

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from tests.conftest import SMALL, command
from tinygpt_keras.runs.events import read_events

FLAGS = [*SMALL, "--sample-length", "12", "--steps", "4", "--eval-every", "2", "--tensorboard"]


def written(folder, tag):
    """The steps and values of a tag, in the order of the steps."""
    board = EventAccumulator(str(folder))
    board.Reload()
    found = {event.step: make_ndarray(event.tensor_proto) for event in board.Tensors(tag)}
    return dict(sorted(found.items()))


@pytest.mark.slow
def test_losses_and_samples_are_written_at_the_steps_of_the_run(tmp_path):
    """A run that is trained further goes on with them; through a link nothing is written."""
    run = tmp_path / "run"
    assert command("train", *FLAGS, "--run-dir", run, cwd=tmp_path)[0] == 0
    assert command("train", "--resume", "--run-dir", run, "--steps", "6", cwd=tmp_path)[0] == 0
    events = list(read_events(run / "events.jsonl"))
    losses = {event["step"]: event for event in events if event["event"] == "eval"}
    assert list(losses) == [0, 2, 4, 6]
    for split in ("train", "validation"):
        found = written(run / "tensorboard" / split, "epoch_loss")
        name = {"train": "train_loss", "validation": "val_loss"}[split]
        assert list(found) == list(losses)
        assert [float(value) for value in found.values()] == pytest.approx([e[name] for e in losses.values()], abs=1e-6)
    samples = {event["step"]: event for event in events if event["event"] == "sample"}
    texts = written(run / "tensorboard/samples", "sample")
    assert list(texts) == list(samples)
    for step, sample in samples.items():
        lines = texts[step].item().decode().split("\n")
        assert all(line.startswith("    ") for line in lines[:-1])
        assert "\n".join(line[4:] for line in lines[:-1]) == sample["prompt"] + sample["text"]

    (run / "tensorboard").rename(tmp_path / "elsewhere")
    (run / "tensorboard").symlink_to(tmp_path / "elsewhere")
    status, _, err = command("train", "--resume", "--run-dir", run, "--steps", "8", cwd=tmp_path)
    assert status == 2
    assert "tensorboard is a link and not a folder" in err


def test_where_tensorboard_is_missing_nothing_begins(tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tensorboard" else found(name))
    status, _, err = command("train", *FLAGS, "--run-dir", "run", cwd=tmp_path)
    assert status == 2
    assert "--tensorboard needs TensorBoard, which is not installed: pip install tensorboard." in err
    assert not (tmp_path / "run").exists()
