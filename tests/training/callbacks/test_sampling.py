"""Samples come by the clock between evaluations, cost little, and change nothing of what is learned."""

from types import SimpleNamespace

import pytest

from tests.conftest import command
from tests.training.endings import STATEFUL, assert_same_end
from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks import Sampling, sampling
from tinygpt_keras.training.signals import StopRequest


class Evaluation:
    """What draws samples, in a time that can be set."""

    def __init__(self, clock):
        self.clock, self.sampled_at, self.takes_s, self.drawn = clock, 0.0, 0.0, []
        self.stop, self.progress = StopRequest(), Progress(step=1, evaluated_step=0)
        self.config = SimpleNamespace(training=TrainingConfig(steps=1000, eval_every=50))
        self.has_sampled = False

    def update_copy(self):
        self.clock[0] += self.takes_s

    def sample(self):
        self.has_sampled = True
        return "text"

    def record_sample(self, text):
        self.sampled_at = self.clock[0]
        self.drawn += [self.progress.step] if text else []


@pytest.fixture
def made(monkeypatch):
    """The callback, what draws for it, and a way to let steps of a second pass."""
    clock, excluded = [0.0], []
    monkeypatch.setattr(sampling, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    evaluation = Evaluation(clock)
    callback = Sampling(evaluation, lambda: excluded.append(evaluation.progress.step))
    callback.set_model(SimpleNamespace(stop_training=False))

    made = SimpleNamespace(callback=callback, evaluation=evaluation, excluded=excluded)

    def train(seconds):
        for _ in range(seconds):
            clock[0] += 1
            evaluation.progress.step += 1
            made.callback.on_train_batch_end(0)

    made.train = train
    return made


def test_samples_come_every_fifteen_seconds(made):
    """Their time is no part of the speed, and an evaluation draws its own."""
    made.train(45)
    assert made.evaluation.drawn == made.excluded == [16, 31, 46]
    made.evaluation.progress.step, made.evaluation.sampled_at = 49, -100.0
    made.train(1)
    assert made.evaluation.drawn == [16, 31, 46]
    made.train(1)
    assert made.evaluation.drawn == [16, 31, 46, 51]


@pytest.mark.parametrize(("minutes", "drawn"), [(None, [16, 31, 98]), (4.0, [16, 31, 51, 71, 91, 111])])
def test_long_samples_come_less_often(made, minutes, drawn):
    """The first, which traces the generator, does not count."""
    made.evaluation.takes_s = 2.0
    made.evaluation.config.training = TrainingConfig(steps=1000, eval_every=1000, minutes=minutes)
    made.callback = Sampling(made.evaluation, lambda: None)
    made.callback.set_model(SimpleNamespace(stop_training=False))
    made.train(115)
    assert made.evaluation.drawn == drawn


def test_a_stop_ends_a_sample(made):
    made.evaluation.stop.received = True
    made.train(40)
    assert made.evaluation.drawn == []

    def interrupt():
        raise KeyboardInterrupt

    made.evaluation.stop.received, made.evaluation.update_copy = False, interrupt
    made.train(1)
    assert made.callback.model.stop_training
    assert made.evaluation.drawn == []


@pytest.mark.slow
def test_samples_between_evaluations_leave_training_alone(tmp_path, monkeypatch):
    flags = [*STATEFUL, "--steps", "40", "--eval-every", "20"]
    assert command("train", *flags, "--run-dir", "whole", cwd=tmp_path)[0] == 0
    monkeypatch.setattr(sampling, "SAMPLE_EVERY_S", 0.0)
    monkeypatch.setattr(sampling, "LARGEST_SHARE", 1e9)
    status, _, err = command("train", *flags, "--run-dir", "run", cwd=tmp_path)
    assert status == 0, err
    assert [e["step"] for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "sample"] == list(range(41))
    assert_same_end(tmp_path / "run", tmp_path / "whole")
    assert "\nstep 7\n    " in err
