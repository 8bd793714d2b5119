"""A run's progress, stored in a checkpoint's metadata; imports no TensorFlow."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, Any

import msgspec

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.config.fields import check_known

Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


@dataclass
class Progress:
    """A run's progress: all the state besides the variables that resuming needs."""

    step: Count = 0
    elapsed_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Seconds since the end of the first step, with evaluations but without the start-ups of resumed runs."""
    val_loss: float | None = None
    """From the last evaluation, at `evaluated_step`."""
    best_val_loss: float | None = None
    best_step: Count = 0
    best_train_loss: float | None = None
    """The training loss at the best step, used to detect overfitting."""
    evaluations_since_best: Count = 0
    evaluated_step: Annotated[int, msgspec.Meta(ge=-1, le=10**12)] = -1
    overfitting_told: bool = False

    def trained(self, training: TrainingConfig) -> bool:
        """Whether all requested steps, or minutes, are done."""
        if training.minutes is not None:
            return self.elapsed_s >= training.minutes * 60
        return self.step >= training.steps

    def finished(self, training: TrainingConfig) -> bool:
        """Whether all requested training and its last evaluation are done."""
        return self.trained(training) and self.evaluated_step == self.step

    def evaluation_due(self, training: TrainingConfig) -> bool:
        """Whether this step still needs an evaluation, which a stop may have interrupted."""
        due = self.step % training.eval_every == 0 or self.trained(training)
        return due and self.evaluated_step != self.step

    def out_of_patience(self, training: TrainingConfig) -> bool:
        """Whether the validation loss has not improved for `patience` evaluations.

        Keras's EarlyStopping never stops in the first epoch of a `fit`, and forgets its state between two calls, so a
        resumed run would train longer.
        """
        return 0 < training.patience <= self.evaluations_since_best


def parse_progress(metadata: Any) -> Progress:
    """Return the progress in a checkpoint's metadata.

    Args:
        metadata: The parsed `metadata.json`.

    Raises:
        InputError: When a later version wrote it.
        ValueError: When a value has another type or is out of bounds.
        Exception: When the metadata is malformed in another way.
    """
    values = msgspec.convert(metadata["progress"], dict[str, Any])
    check_known("the checkpoint's progress", values, {field.name for field in fields(Progress)})
    progress = msgspec.convert(values, Progress)
    numbers = (progress.elapsed_s, progress.val_loss, progress.best_val_loss, progress.best_train_loss)
    if not all(math.isfinite(number) for number in numbers if number is not None):
        raise ValueError("its progress has a number that is not finite")
    return progress
