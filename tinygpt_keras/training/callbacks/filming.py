"""The callback that keeps a film of the run: weights alone at about a dozen steps."""

import contextlib
from typing import Any

import keras

from tinygpt_keras import atomic
from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.models.tensors import write_frame
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.film import frame_file, list_frames
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.training.callbacks.recorder import Recorder

FRAMES = 12


class Filming(keras.callbacks.Callback):
    """Writes the weights at the first execution past each mark.

    Early steps change most, so the marks are spaced evenly in the logarithm of the step, or of the time with
    `minutes`. It must come after the callback that counts steps.

    Args:
        directory: The run.
        progress: The run's progress.
        config: The recipe.
        record: Records events.
    """

    def __init__(self, directory: RunDirectory, progress: Progress, config: TrainingConfig, record: Recorder) -> None:
        super().__init__()
        self.directory = directory
        self.progress = progress
        self.timed = config.minutes is not None
        self.marks = marks(60 * config.minutes if config.minutes is not None else config.steps)
        self.record = record
        self._reached = self.reached()

    def reached(self) -> float:
        """Return how far the run is: in steps, or in seconds with `minutes`."""
        return self.progress.elapsed_s if self.timed else self.progress.step

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Drop what a resumed run has not reached yet, and what a kill left unfinished."""
        del logs
        with contextlib.suppress(OSError):
            later = [path for step, path in list_frames(self.directory.film).items() if step > self.progress.step]
            for path in (*later, *self.directory.film.glob(f".*{atomic.TEMPORARY_SUFFIX}*")):
                atomic.remove(path)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the weights if a mark has been passed."""
        del batch, logs
        before, self._reached = self._reached, self.reached()
        if not any(before < mark <= self._reached for mark in self.marks):
            return
        try:
            self.directory.film.mkdir(exist_ok=True)
            write_frame(frame_file(self.directory.film, self.progress.step), self.model)
        except OSError as error:  # the film is not worth a run
            message = f"the weights of this step are not kept for looking back: {error.strerror or error}."
            self.record("warning", self.progress.step, message=message)


def marks(end: float) -> list[float]:
    """Space marks evenly in the logarithm, from 1 to the end.

    Args:
        end: The length of the run, in steps or seconds.

    Returns:
        `FRAMES` marks.
    """
    return [round(max(end, 1) ** (n / (FRAMES - 1)), 9) for n in range(FRAMES)]  # 256, and not 256.00000000000006
