"""The callback by which several processes stop together, as process 0 decides."""

import dataclasses
import time
from typing import Any

import keras

from tinygpt_keras.distribution.group import Group
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.signals import StopRequest

ASK_EVERY_S = 0.5  # to ask takes some milliseconds, and a small model's step no more


class Agreement(keras.callbacks.Callback):
    """Decides for all processes whether to stop, and gives them the first one's progress after each evaluation.

    All must ask at the same steps. How many steps lie between two questions is the first one's to say, as its clock
    counts. It must be the last callback.

    Args:
        group: The processes.
        progress: The run's progress.
        stop: The request to stop; one that reaches any process stops all.
    """

    def __init__(self, group: Group, progress: Progress, stop: StopRequest) -> None:
        super().__init__()
        self.group = group
        self.progress = progress
        self.stop = stop
        self._wants = False  # whether this process wants to stop
        self._asked = (progress.step, time.monotonic())
        self._ask_at = progress.step

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Ask whether to stop, if it is time to."""
        del batch, logs
        # Only process 0's clock ends a run by minutes.
        self._wants |= self.stop.received or (self.group.index == 0 and self.model.stop_training)
        if self.progress.step < self._ask_at:
            self.model.stop_training = False
            return
        self.model.stop_training, self.stop.received = self.group.any(self._wants, self.stop.received)
        self._ask_at = self.group.share(self._next_question())

    def _next_question(self) -> int:
        """Return the step at which to ask again."""
        step, now = self.progress.step, time.monotonic()
        per_second = (step - self._asked[0]) / max(now - self._asked[1], 1e-6)
        self._asked = step, now
        executed = self.model.steps_per_execution
        return step + max(int(per_second * ASK_EVERY_S) // executed, 1) * executed

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Follow the first evaluation."""
        del logs
        self._follow()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the time of an evaluation out of the time between two questions."""
        del epoch, logs
        self._asked = self.progress.step, time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Follow an evaluation."""
        del epoch, logs
        self._follow()

    def _follow(self) -> None:
        """Take over the first process's progress, and whether it stops."""
        progress, stops, was_asked = self.group.share(
            [dataclasses.asdict(self.progress), self.model.stop_training, self.stop.received]
        )
        for name, value in progress.items():
            setattr(self.progress, name, value)
        self.model.stop_training = stops
        self.stop.received |= was_asked
