"""How far a run has come: what a checkpoint's metadata says, read without TensorFlow."""

from dataclasses import dataclass, fields
from typing import Any

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.config.fields import check_known


@dataclass
class Progress:
    """How far a run has come; with the variables all that a run needs to go on."""

    step: int = 0
    elapsed_s: float = 0.0
    """Since the end of the first step, evaluations included, start-ups of resumed runs not."""
    val_loss: float | None = None
    """Of the last evaluation, at `evaluated_step`."""
    best_val_loss: float | None = None
    best_step: int = 0
    best_train_loss: float | None = None
    """The training loss at the best step, from which overfitting is told."""
    evaluations_since_best: int = 0
    evaluated_step: int = -1
    overfitting_told: bool = False

    def trained(self, training: TrainingConfig) -> bool:
        """Whether all steps that were asked for, or all minutes, are over."""
        if training.minutes is not None:
            return self.elapsed_s >= training.minutes * 60
        return self.step >= training.steps

    def finished(self, training: TrainingConfig) -> bool:
        """Whether the run has done all that was asked for, its last evaluation included."""
        return self.trained(training) and self.evaluated_step == self.step

    def evaluation_due(self, training: TrainingConfig) -> bool:
        """Whether this step is to be evaluated and has not been: a stop may have cut its evaluation short."""
        due = self.step % training.eval_every == 0 or self.trained(training)
        return due and self.evaluated_step != self.step

    def out_of_patience(self, training: TrainingConfig) -> bool:
        """Whether the validation loss has not been better for too long.

        Keras's EarlyStopping never stops in the first epoch of a `fit`, and forgets what it knew between two, so a
        resumed run would go on longer.
        """
        return 0 < training.patience <= self.evaluations_since_best


def parse_progress(metadata: Any) -> Progress:
    """Return the progress that a checkpoint's metadata holds, or raise whatever is wrong with it."""
    values = metadata["progress"]
    check_known("the checkpoint's progress", values, {field.name for field in fields(Progress)})
    return Progress(**values)
