"""What happens after each step: count it, report it, and stop when asked to."""

import math
import time
from typing import Any

import keras
import numpy as np

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.errors import DivergedError
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks.recorder import Recorder
from tinygpt_keras.training.schedules import make_schedule
from tinygpt_keras.training.signals import StopRequest

REPORT_EVERY_S = 0.25


class StepReports(keras.callbacks.Callback):
    """Counts steps, records `train` events, a few a second at most, and stops the run when asked to.

    Args:
        progress: Counted on.
        config: The recipe.
        characters: B T, how many characters a step learns from.
        record: Where events go.
        stop: Looked at after every step.
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
        self._rate = 0.0  # characters a second
        # The run's clock starts at the end of this process's first step: loading and compiling are no training.
        self._counted_until: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the time of evaluations out of the speed."""
        del epoch, logs
        self._reported = (self.progress.step, time.monotonic())

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Let the loss be this step's own, not the mean since the epoch began."""
        del batch, logs
        self.model.reset_metrics()
        if self._counted_until is None:  # the first step is compiled, and nothing is lost with it
            self.stop.expect(True)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step.

        Raises:
            DivergedError: When the loss is no longer a number.
        """
        del batch
        now = time.monotonic()
        self.stop.expect(False)
        self.progress.step += self.model.steps_per_execution
        first, last = self._counted_until is None, self.progress.step == self.config.steps
        self.progress.elapsed_s += now - (self._counted_until or now)
        self._counted_until = now
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise DivergedError(self.progress.step)
        if first and not last:
            self._reported = (self.progress.step, now)  # compiling is no part of the speed either
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
    """Lets the learning rate follow the clock, for runs that are given minutes instead of steps.

    Args:
        progress: Knows the time used.
        config: The recipe, with minutes.
    """

    def __init__(self, progress: Progress, config: TrainingConfig) -> None:
        super().__init__()
        self.progress = progress
        self.config = config
        self._schedule = make_schedule(config)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of the steps to come: the rise counts steps, the fall counts seconds."""
        del batch, logs
        step, way = self.progress.step, self.progress.elapsed_s / (60 * (self.config.minutes or 1))
        rate = self._schedule(step) if step < self.config.warmup_steps else self._schedule.fall(way)
        self.model.optimizer.learning_rate.assign(rate)
