"""The callback that writes losses and samples for TensorBoard."""

import functools
from pathlib import Path
from typing import Any

import keras

from tinygpt_keras.training.callbacks.recorder import Recorder


class TensorBoard(keras.callbacks.TensorBoard):
    """Writes what is recorded of a run: the losses and the learning rate of its evaluations, and its samples.

    Keras would write at the ends of epochs, which are counted anew in every call of `fit`; this one writes at the steps
    of the run.

    Args:
        folder: Where to write.
        record: Records events, and passes them on to this callback.
        between: What stands between a prompt and its text.
    """

    def __init__(self, folder: Path, record: Recorder, between: str = "") -> None:
        super().__init__(folder, write_graph=False)
        self.folder = folder
        self.record = record
        self.between = between
        record.tell(self.take)
        self.has_failed = False

    @functools.cached_property
    def samples(self) -> Any:
        """Writes the samples."""
        return self.summary.create_file_writer(str(self.folder / "samples"))

    def take(self, event: dict[str, Any]) -> None:
        """Write an event, if it is an evaluation or a sample."""
        if self.has_failed or event["event"] not in ("eval", "sample"):
            return
        try:
            if event["event"] == "eval":
                losses = {"loss": event["train_loss"], "val_loss": event["val_loss"]}
                super().on_epoch_end(event["step"], losses)
                return
            with self.samples.as_default():
                text = event["prompt"] + self.between + event["text"]
                code = "".join(f"    {line}\n" for line in text.split("\n"))  # Markdown leaves it as it is
                self.summary.text("sample", code, step=event["step"])
                self.samples.flush()
        except Exception as error:  # TensorFlow's own types, of a full disk for one: no reason to end a run
            self.has_failed = True
            self.record("warning", event["step"], message=f"nothing more is written for TensorBoard: {error}.")

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Write nothing."""
        del batch, logs

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Write nothing."""
        del batch, logs

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write nothing: the evaluation may not be computed yet."""
        del epoch, logs
