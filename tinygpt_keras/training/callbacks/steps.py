"""Callbacks of every step: counting, reports, a requested stop, and the learning rate of timed runs."""

import math
import time
from typing import Any

import keras
import numpy as np

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.distribution.group import Group
from tinygpt_keras.errors import DivergedError
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks.recorder import Recorder
from tinygpt_keras.training.losses import UNSMOOTHED
from tinygpt_keras.training.schedules import make_schedule
from tinygpt_keras.training.signals import StopRequest

REPORT_EVERY_S = 0.25


class StepReports(keras.callbacks.Callback):
    """Counts steps, records `train` events, at most four a second, and stops the run on request or when time is up.

    Args:
        progress: The run's progress, updated in place.
        config: The recipe.
        characters: Characters that a step predicts.
        record: Records events.
        stop: The request to stop, checked after every step.
    """

    def __init__(
        self, progress: Progress, config: TrainingConfig, characters: int, record: Recorder, stop: StopRequest
    ) -> None:
        super().__init__()
        self.progress = progress
        self.config = config
        self.characters = characters
        self.record = record
        self.stop = stop
        self._reported = (progress.step, time.monotonic())
        self._rate = 0.0  # characters per second, smoothed
        # The run's clock starts at the end of this process's first step, to exclude loading and compiling.
        self._counted_until: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Exclude the time of evaluations from the speed."""
        del epoch, logs
        self.measure_anew()

    def measure_anew(self) -> None:
        """Restart the speed measurement, to exclude what took time since the last report."""
        self._reported = (self.progress.step, time.monotonic())

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Reset the metrics, so that the loss is this step's and not the mean of the epoch."""
        del batch, logs
        self.model.reset_metrics()
        if self._counted_until is None:  # the first step compiles for seconds, with nothing to lose
            self.stop.expect(True)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step, and stop the run if requested or out of time.

        Raises:
            DivergedError: When the loss is not finite.
        """
        del batch
        now = time.monotonic()
        self.stop.expect(False)
        self.progress.step += self.model.steps_per_execution
        first, last = self._counted_until is None, self.progress.step == self.config.steps
        self.progress.elapsed_s += now - (self._counted_until or now)
        self._counted_until = now
        logs = logs or {}
        loss = float(logs.get(UNSMOOTHED, logs["loss"]))
        if not math.isfinite(loss):
            raise DivergedError(self.progress.step)
        if first and not last:
            self._reported = (self.progress.step, now)  # exclude compiling from the speed
        elif last or now - self._reported[1] >= REPORT_EVERY_S:
            self._report(loss, now)
        timed_out = self.config.minutes is not None and self.progress.elapsed_s >= self.config.minutes * 60
        if self.stop.received or timed_out:
            self.model.stop_training = True

    def _report(self, loss: float, now: float) -> None:
        """Record a `train` event."""
        step, then = self._reported
        self._reported = (self.progress.step, now)
        rate = (self.progress.step - step) * self.characters / max(now - then, 1e-9)
        self._rate = 0.8 * self._rate + 0.2 * rate if self._rate else rate
        self.record(
            "train",
            self.progress.step,
            loss=loss,
            learning_rate=float(np.asarray(self.model.optimizer.learning_rate)),
            characters_per_s=round(self._rate),
            eta_s=round(self._eta(), 1),
        )

    def _eta(self) -> float:
        """Estimate the seconds left."""
        if self.config.minutes is not None:
            return max(self.config.minutes * 60 - self.progress.elapsed_s, 0.0)
        return (self.config.steps - self.progress.step) * self.characters / self._rate


class ClockSchedule(keras.callbacks.Callback):
    """Sets the learning rate by the clock, for runs limited in minutes instead of steps.

    Args:
        progress: The run's progress, with the time used.
        config: The recipe, with minutes.
        group: The processes that train together, all by the first one's clock.
    """

    def __init__(self, progress: Progress, config: TrainingConfig, group: Group) -> None:
        super().__init__()
        self.group = group
        self.progress = progress
        self.config = config
        self._schedule = make_schedule(config)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of the next step: the warm-up counts steps, and most falls count seconds."""
        del batch, logs
        step, way = self.progress.step, self.progress.elapsed_s / (60 * (self.config.minutes or 1))
        by_steps = step < self.config.warmup_steps or self._schedule.falls_by_steps
        rate = self._schedule(step) if by_steps else self._schedule.fall(way)
        self.model.optimizer.learning_rate.assign(self.group.share(float(rate)))
