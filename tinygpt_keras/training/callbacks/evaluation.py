"""What happens at every evaluation: the exact loss, a sample, the best weights, and a word on overfitting."""

import math
from typing import Any

import keras
import numpy as np

from tinygpt_keras import atomic
from tinygpt_keras.config import RunConfig, SamplingOptions
from tinygpt_keras.errors import DivergedError
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.build import build_model
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.text.tokenizer import CharTokenizer, unfamiliar_notice
from tinygpt_keras.training.callbacks.recorder import Recorder
from tinygpt_keras.training.signals import StopRequest

OVERFITTING_AFTER = 3  # evaluations without a better validation loss, while the training loss falls
OVERFITTING_RISE = 0.01  # nats above the best validation loss; less is noise
HOPELESS = 2  # times the loss of guessing, from where no run comes back
ABOVE_GUESSING = 1.0  # nats; no first weights begin so high, and no run that has learned anything ends there


class Evaluation(keras.callbacks.Callback):
    """Evaluates the model, and keeps its weights when they are the best so far.

    It works on a copy of the weights: their moving average where the recipe has one, else themselves. The copy
    has no optimizer, so `best.keras` holds weights alone.

    Args:
        config: The run's configuration.
        directory: Where the best weights go.
        tokenizer: For samples.
        windows: Training and validation windows as `scoring_windows` gives them, under `train` and `val`.
        progress: The best loss so far is kept there.
        record: Where events go.
        stop: Cuts an evaluation short; the resumed run makes it.
    """

    def __init__(
        self,
        config: RunConfig,
        directory: RunDirectory,
        tokenizer: CharTokenizer,
        windows: dict[str, Any],
        progress: Progress,
        record: Recorder,
        stop: StopRequest,
    ) -> None:
        super().__init__()
        self.config = config
        self.directory = directory
        self.stop = stop
        self.windows = windows
        self.progress = progress
        self.record = record
        self.copy = build_model(config.model, config.training.precision)
        self.prompt, self.dropped = tokenizer.plain(config.training.sample_prompt)
        self.sampling = SamplingOptions(max_new=config.training.sample_length, seed=config.seed)
        self.generator = Generator(self.copy, tokenizer, jit_compile=False)  # the training step needs the memory

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Evaluate the first weights, or what a stop left unevaluated."""
        del logs
        if not self.progress.evaluation_due(self.config.training):
            return
        if self.progress.step == 0 and self.dropped.strip():  # white space is nothing that one would miss
            self.record("warning", self.progress.step, message=f"--sample-prompt: {unfamiliar_notice(self.dropped)}.")
        self.evaluate()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate, unless the run was stopped between two evaluations; a stop also cuts an evaluation short."""
        del epoch, logs
        training = self.config.training
        try:
            if self.progress.evaluation_due(training):
                self.evaluate()
        except KeyboardInterrupt:  # the steps since the last checkpoint are saved all the same
            self.model.stop_training = True
        if self.progress.out_of_patience(training):
            self.model.stop_training = True

    def evaluate(self) -> None:
        """Measure, keep the best, draw a sample.

        Raises:
            DivergedError: When the loss is no longer a number, or far above what guessing has; nothing is then saved.
            KeyboardInterrupt: When the run is stopped meanwhile; nothing is then changed.
        """
        with self.stop.at_once(may_leave=self.progress.step == 0):  # later steps are saved after their evaluation
            self.update_copy()
            scores = {name: exact_loss(self.copy, windows) for name, windows in self.windows.items()}
            text = self.sample()
        losses = {name: score.loss for name, score in scores.items()}
        self.check(losses)
        self.progress.val_loss = losses["val"]
        self.progress.evaluated_step = self.progress.step
        best = self.progress.best_val_loss is None or losses["val"] < self.progress.best_val_loss
        if best:
            with atomic.whole_file(self.directory.best_file) as temporary:
                self.copy.save(temporary)
        self.note(losses, best)
        step = self.progress.step
        self.record(
            "eval",
            step,
            train_loss=losses["train"],
            val_loss=losses["val"],
            best=best,
            val_characters=scores["val"].characters,
            val_standard_error=scores["val"].standard_error,
        )
        self.warn_of_overfitting(losses)
        options = self.sampling
        self.record("sample", step, prompt=self.prompt, text=text, seed=options.seed, temperature=options.temperature)

    def check(self, losses: dict[str, float]) -> None:
        """Raise a `DivergedError` where training has made the model no number, or far worse than guessing.

        Overfitting raises the validation loss alone: on the text that it trains on, a model that learns is better.
        """
        step, guessing = self.progress.step, math.log(self.config.model.vocab_size)
        if not math.isfinite(losses["val"]):
            raise DivergedError(step)
        # Another run's weights may begin far above guessing on this text.
        ended = self.progress.trained(self.config.training) and not self.config.start_from
        times = 1 if ended else HOPELESS
        if step > 0 and losses["train"] > times * guessing + ABOVE_GUESSING:
            raise DivergedError(step, losses["train"], guessing)

    def note(self, losses: dict[str, float], best: bool) -> None:
        """Remember how this evaluation compares with the best one."""
        self.progress.evaluations_since_best += 1
        if best:
            self.progress.best_val_loss = losses["val"]
            self.progress.best_train_loss = losses["train"]
            self.progress.best_step = self.progress.step
            self.progress.evaluations_since_best = 0

    def warn_of_overfitting(self, losses: dict[str, float]) -> None:
        """Say once, in words, when the model has begun to learn the text by heart."""
        progress = self.progress
        if progress.overfitting_told or progress.evaluations_since_best < OVERFITTING_AFTER:
            return
        risen = losses["val"] > (progress.best_val_loss or 0.0) + OVERFITTING_RISE
        if not risen or losses["train"] >= (progress.best_train_loss or 0.0):
            return
        progress.overfitting_told = True
        message = (
            f"overfitting began after step {progress.best_step}: the training loss goes on falling, but the "
            f"validation loss has not been below its {progress.best_val_loss:.4f} since. The best weights are kept."
        )
        self.record("warning", progress.step, message=message)

    def sample(self) -> str:
        """Write on from the prompt, as far as the model knows its characters, with the same seed every time."""
        return self.generator.generate([self.prompt], self.sampling)[0]

    def update_copy(self) -> None:
        """Take over the trained weights, or their moving average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        weights = self.model.trainable_variables
        if optimizer.use_ema and self.progress.step > 0:
            # Keras's SwapEMAWeights reads the same attribute; it swaps by adding, which would change the weights.
            weights = optimizer._model_variables_moving_average
        for mine, theirs in zip(self.copy.trainable_variables, weights, strict=True):
            mine.assign(np.asarray(theirs))
