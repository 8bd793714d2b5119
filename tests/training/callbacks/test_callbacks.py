"""What the callbacks report, and how often."""

import re
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.distribution.group import Alone
from tinygpt_keras.errors import DivergedError
from tinygpt_keras.runs.checkpoints import list_checkpoints
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import EventWriter, read_events
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks import Checkpointing, ClockSchedule, Recorder, StepReports, steps
from tinygpt_keras.training.signals import StopRequest


@pytest.fixture
def seen():
    return []


@pytest.fixture
def record(tmp_path, seen):
    writer = EventWriter(tmp_path / "events.jsonl")
    yield Recorder(writer, seen.append)
    writer.close()


def reports(record, progress, stop, **recipe):
    callback = StepReports(progress, TrainingConfig(**recipe), 100, record, stop)
    optimizer = SimpleNamespace(learning_rate=np.float32(0.5))
    model = {"optimizer": optimizer, "reset_metrics": lambda: None, "stop_training": False, "steps_per_execution": 1}
    callback.set_model(SimpleNamespace(**model))
    callback.on_epoch_begin(0)
    return callback


def test_events_reach_the_history_and_the_watcher(tmp_path, record, seen):
    record("eval", 5, val_loss=2.0)
    (event,) = read_events(tmp_path / "events.jsonl")
    assert {**event, "time": None} == {**seen[0], "time": None}


def test_speed_and_time_left_follow_the_clock(record, seen, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(steps, "time", SimpleNamespace(monotonic=lambda: now[0]))
    progress = Progress()
    callback = reports(record, progress, StopRequest(), steps=1000, eval_every=1000)
    for _ in range(20):
        now[0] += 0.125
        callback.on_train_batch_end(0, {"loss": 1.0})
    # Four a second at most, 100 characters a step; speed and clock start at the end of the first step.
    assert [event["step"] for event in seen] == list(range(3, 21, 2))
    assert (seen[-1]["characters_per_s"], seen[-1]["eta_s"], progress.elapsed_s) == (800, 122.6, 2.375)
    now[0] += 60  # an evaluation, which is no part of the speed
    callback.on_epoch_begin(1)
    now[0] += 0.25
    callback.on_train_batch_end(0, {"loss": 1.0})
    # A fifth of what is shown is the newest: 100 characters in a quarter of a second.
    assert (seen[-1]["characters_per_s"], progress.elapsed_s) == (720, 62.625)


def test_a_loss_is_its_steps_own(record, seen, monkeypatch):
    monkeypatch.setattr(steps, "REPORT_EVERY_S", 0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    callback = StepReports(Progress(), TrainingConfig(steps=4, eval_every=4), 1, record, StopRequest())
    model.fit(np.zeros((4, 1)), np.arange(4.0)[:, None], batch_size=1, callbacks=[callback], shuffle=False, verbose=0)
    assert [event["loss"] for event in seen] == [1, 4, 9]  # the first step is compiled


def test_the_last_step_is_reported(record, seen):
    callback = reports(record, Progress(), StopRequest(), steps=3)
    for _ in range(3):
        callback.on_train_batch_end(0, {"loss": 1.0})
    assert (seen[-1]["step"], seen[-1]["eta_s"]) == (3, 0)


def test_a_request_to_stop_is_heard_after_the_step(record):
    stop = StopRequest()
    callback = reports(record, Progress(), stop, steps=100)
    callback.on_train_batch_end(0, {"loss": 1.0})
    assert not callback.model.stop_training
    stop.received = True
    callback.on_train_batch_end(1, {"loss": 1.0})
    assert callback.model.stop_training


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_run(record, loss):
    with pytest.raises(DivergedError, match="at step 1"):
        reports(record, Progress(), StopRequest()).on_train_batch_end(0, {"loss": loss})


def test_the_clock_moves_the_learning_rate():
    progress = Progress()
    callback = ClockSchedule(progress, TrainingConfig(minutes=1.0, learning_rate=0.4, warmup_steps=4), Alone())
    rate = keras.Variable(0.0)
    callback.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=rate)))
    for step, elapsed, expected in ((0, 0, 0.08), (3, 1, 0.32), (10, 30, 0.2), (20, 45, 0.1), (30, 99, 0)):
        progress.step, progress.elapsed_s = step, elapsed
        callback.on_train_batch_begin(0)
        assert float(rate.value) == pytest.approx(expected, abs=1e-6)


def test_a_nearly_full_disk_is_told_once(tmp_path, monkeypatch, record, seen):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile("sgd", loss="mse")
    model.optimizer.build(model.trainable_variables)
    progress = Progress()
    callback = Checkpointing(RunDirectory(tmp_path), progress, {"xla": False}, keep=1, record=record)
    callback.set_model(model)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    callback.on_train_begin()
    for progress.step in (1, 2):
        callback.on_epoch_end(0)
    (message,) = [event["message"] for event in seen if event["event"] == "warning"]
    assert re.fullmatch(r"the disk is nearly full: 10 bytes are left, and a checkpoint takes [\d.]+ kB\.", message)
    assert [path.name for path in list_checkpoints(tmp_path / "checkpoints")] == ["2"]
