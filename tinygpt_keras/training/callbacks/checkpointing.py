"""The callback that saves checkpoints: after every evaluation, and at a stop."""

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

    It must be the last callback, as it saves the progress that the others update. An epoch of `fit` is the interval
    between two evaluations, or the part of it before a stop.

    Args:
        directory: The run.
        progress: The run's progress.
        fingerprint: What decides the last bits of this run.
        keep: How many checkpoints to keep; 0 keeps all.
        record: Records events.
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
        # A resumed state is saved already; a new run has no evaluation yet.
        self._saved = self._state() if progress.evaluated_step >= 0 else None
        self._warned = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Save the initial weights, so that a run can be resumed from the start."""
        self.on_epoch_end(-1, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save a checkpoint, unless nothing has changed since the last one."""
        del epoch, logs
        saved, self._saved = self._saved, self._state()
        if saved == self._saved:
            return
        if saved is not None and saved[0] == self.progress.step:  # same arrays; a late evaluation or new patience
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
        """Return the step, and what may change without a step: a resumed run's late evaluation and reset patience."""
        return self.progress.step, self.progress.evaluated_step, self.progress.evaluations_since_best
