"""The callback that draws samples between evaluations, so that a slow run also shows what it learns."""

import time
from collections.abc import Callable
from typing import Any

import keras

from tinygpt_keras.distribution.devices import apart
from tinygpt_keras.training.callbacks.evaluation import Evaluation

SAMPLE_EVERY_S = 15.0  # with a step and an evaluation that come first, two samples are at most 20 s apart
# The time that samples take at most; where one takes long, they come less often. Whoever trains for some minutes
# watches: there only a sample of more than 1.5 s comes later than after `SAMPLE_EVERY_S`.
LARGEST_SHARE, LARGEST_SHARE_BY_CLOCK = 0.03, 0.1


class Sampling(keras.callbacks.Callback):
    """Draws a sample when the last one is `SAMPLE_EVERY_S` old.

    It works on the copy that `Evaluation` evaluates, and draws no random number of training's. It must come after the
    callback that counts steps.

    Args:
        evaluation: Draws and records samples, and knows when it last did.
        exclude: Called after each sample, to exclude its time from the speed of training.
    """

    def __init__(self, evaluation: Evaluation, exclude: Callable[[], None]) -> None:
        super().__init__()
        self.evaluation = evaluation
        self.exclude = exclude
        timed = evaluation.config.training.minutes is not None
        self.share = LARGEST_SHARE_BY_CLOCK if timed else LARGEST_SHARE
        self._took_s = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw a sample if it is time and no evaluation is about to draw one."""
        del batch, logs
        evaluation = self.evaluation
        began, was_traced = time.monotonic(), evaluation.has_sampled
        wait_s = max(SAMPLE_EVERY_S, self._took_s / self.share)
        about_to_end = evaluation.stop.received or evaluation.progress.evaluation_due(evaluation.config.training)
        if began - evaluation.sampled_at < wait_s or about_to_end:
            return
        try:
            with apart(), evaluation.stop.at_once(may_leave=False):  # the steps since the last checkpoint are unsaved
                evaluation.update_copy()
                text = evaluation.sample()
        except KeyboardInterrupt:
            self.model.stop_training = True
            return
        evaluation.record_sample(text)
        self._took_s = time.monotonic() - began if was_traced else 0.0
        self.exclude()
