"""When a run is saved: after every evaluation, and when it is stopped."""

import shutil
from typing import Any

import keras
from rich.filesize import decimal

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks.recorder import Recorder
from tinygpt_keras.training.checkpoint import save_checkpoint, save_metadata


class Checkpointing(keras.callbacks.Callback):
    """Saves a checkpoint before the first step and at the end of every epoch.

    It comes last, so that it saves what the other callbacks have learned. An epoch of `fit` is the interval
    between two evaluations, or what a stop has left of it.

    Args:
        directory: The run.
        progress: How far it is.
        fingerprint: What decides the last bits of this run.
        keep: How many checkpoints to keep.
        record: Where events go.
    """

    def __init__(
        self, directory: RunDirectory, progress: Progress, fingerprint: dict[str, Any], keep: int, record: Recorder
    ) -> None:
        super().__init__()
        self.directory = directory
        self.progress = progress
        self.fingerprint = fingerprint
        self.keep = keep
        self.record = record
        # What is resumed is saved already; a new run has not been evaluated either.
        self._saved = self._state() if progress.evaluated_step >= 0 else None
        self._warned = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Save the first weights, so that a run can be resumed from its first second on."""
        self.on_epoch_end(-1, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save."""
        del epoch, logs
        saved, self._saved = self._saved, self._state()
        if saved == self._saved:
            return
        if saved is not None and saved[0] == self.progress.step:  # the arrays are there; only an evaluation came late
            path = self.directory.checkpoints / str(self.progress.step)
            save_metadata(path, self.progress, self.fingerprint)
        else:
            path = save_checkpoint(self.directory.checkpoints, self.model, self.progress, self.fingerprint, self.keep)
        relative = path.relative_to(self.directory.path).as_posix()
        evaluated = self.progress.evaluated_step == self.progress.step
        val_loss = self.progress.val_loss if evaluated else None
        self.record("checkpoint", self.progress.step, path=relative, val_loss=val_loss)
        size = sum(file.stat().st_size for file in path.iterdir())
        free = shutil.disk_usage(path).free
        if free < 10 * size and not self._warned:
            self._warned = True
            self.record(
                "warning",
                self.progress.step,
                message=f"the disk is nearly full: {decimal(free)} are left, and a checkpoint takes {decimal(size)}.",
            )

    def _state(self) -> tuple[int, int, int]:
        """The step, and what a resumed run may change without another step: a late evaluation, and new patience."""
        return self.progress.step, self.progress.evaluated_step, self.progress.evaluations_since_best
