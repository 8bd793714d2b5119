"""The evaluation callback: computes the exact loss, keeps the best weights, draws a sample, detects overfitting."""

import functools
import math
import time
from typing import Any

import keras
import numpy as np

from tinygpt_keras import atomic
from tinygpt_keras.config import RunConfig, SamplingOptions
from tinygpt_keras.config.tasks import TASKS
from tinygpt_keras.distribution.devices import apart
from tinygpt_keras.errors import DivergedError
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.build import build_model
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import OVERFITTING
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.text.tokenizer import CharTokenizer, unfamiliar_notice
from tinygpt_keras.training.callbacks.recorder import Recorder
from tinygpt_keras.training.examples import Examples
from tinygpt_keras.training.signals import StopRequest

# Symbols written at an evaluation to held-out sources, where there is one right reply.
TRIED = 6400
OVERFITTING_AFTER = 3  # evaluations without a better validation loss, while the training loss falls
OVERFITTING_RISE = 0.01  # nats above the best validation loss; less is noise
HOPELESS = 2  # times the loss of guessing; no run recovers from there
ABOVE_GUESSING = 1.0  # nats; no initial weights are that bad, and no run that learned anything ends there


class Evaluation(keras.callbacks.Callback):
    """Evaluates the model, and keeps its weights when they are the best so far.

    It works on a copy of the model without an optimizer, so `best.keras` holds weights alone.

    Args:
        config: The run's configuration.
        directory: The run, where the best weights are saved.
        tokenizer: The tokenizer, for samples.
        examples: What is scored.
        progress: The run's progress, with the best loss so far.
        record: Records events.
        stop: The request to stop. It cuts an evaluation short; the resumed run repeats it.
    """

    def __init__(
        self,
        config: RunConfig,
        directory: RunDirectory,
        tokenizer: CharTokenizer,
        examples: Examples,
        progress: Progress,
        record: Recorder,
        stop: StopRequest,
    ) -> None:
        super().__init__()
        self.config = config
        self.directory = directory
        self.stop = stop
        self.examples = examples
        self.windows = examples.scored(config)
        self.progress = progress
        self.record = record
        with apart():
            self.copy = build_model(config.model, config.training.precision)
        self.prompt, self.dropped = tokenizer.plain(config.training.sample_prompt)
        self.right_reply = examples.right_reply(config, self.prompt, tokenizer)
        # Where one reply is right, the likeliest is shown.
        temperature = 0.0 if TASKS[config.task].has_answers else SamplingOptions().temperature
        self.sampling = SamplingOptions(config.training.sample_length, temperature, seed=config.seed)
        self.tokenizer = tokenizer
        self.sampled_at = time.monotonic()
        self.has_sampled = False
        """Whether the generator is traced, which takes seconds once."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Evaluate the initial weights, or a step whose evaluation a stop cut short."""
        del logs
        if not self.progress.evaluation_due(self.config.training):
            return
        if self.progress.step == 0 and self.dropped.strip():  # dropped white space needs no warning
            self.record("warning", self.progress.step, message=f"--sample-prompt: {unfamiliar_notice(self.dropped)}.")
        self.evaluate()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate if an evaluation is due, and stop training on a signal or when patience runs out."""
        del epoch, logs
        training = self.config.training
        try:
            if self.progress.evaluation_due(training):
                self.evaluate()
        except KeyboardInterrupt:  # `Checkpointing` still saves the steps since the last checkpoint
            self.model.stop_training = True
        if self.progress.out_of_patience(training):
            self.model.stop_training = True

    def evaluate(self) -> None:
        """Compute the losses, keep the best weights, and draw a sample.

        Raises:
            DivergedError: When the loss is not finite, or far above the loss of guessing; nothing is then saved.
            KeyboardInterrupt: When the run is stopped during the evaluation, which then changes nothing.
        """
        may_leave = self.progress.step == 0  # later steps are unsaved until after the evaluation
        with apart(), self.stop.at_once(may_leave):
            self.update_copy()
            scores = {name: exact_loss(self.copy, windows) for name, windows in self.windows.items()}
            losses = {name: score.loss for name, score in scores.items()}
            self.check(losses)
            text = self.sample()
            exact = self.examples.exactly_right(self.config, lambda: self.generator, TRIED)
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
            **({} if exact is None else {"exact": exact}),
        )
        self.warn_of_overfitting(losses)
        self.record_sample(text)

    def check(self, losses: dict[str, float]) -> None:
        """Raise a `DivergedError` when the loss is not finite, or the training loss is far above that of guessing.

        The validation loss is not compared with guessing: overfitting alone can raise it that far.
        """
        step, guessing = self.progress.step, math.log(self.config.model.classes)
        if not math.isfinite(losses["val"]):
            raise DivergedError(step)
        # Another run's weights may start far above guessing on this text.
        ended = self.progress.trained(self.config.training) and not self.config.start_from
        times = 1 if ended else HOPELESS
        if step > 0 and losses["train"] > times * guessing + ABOVE_GUESSING:
            raise DivergedError(step, losses["train"], guessing)

    def note(self, losses: dict[str, float], best: bool) -> None:
        """Update the best losses and the count of evaluations since the best."""
        self.progress.evaluations_since_best += 1
        if best:
            self.progress.best_val_loss = losses["val"]
            self.progress.best_train_loss = losses["train"]
            self.progress.best_step = self.progress.step
            self.progress.evaluations_since_best = 0

    def warn_of_overfitting(self, losses: dict[str, float]) -> None:
        """Record a warning, once, when the validation loss rises while the training loss falls."""
        progress = self.progress
        if progress.overfitting_told or progress.evaluations_since_best < OVERFITTING_AFTER:
            return
        risen = losses["val"] > (progress.best_val_loss or 0.0) + OVERFITTING_RISE
        if not risen or losses["train"] >= (progress.best_train_loss or 0.0):
            return
        progress.overfitting_told = True
        message = (
            f"{OVERFITTING} after step {progress.best_step}: the training loss goes on falling, but the "
            f"validation loss has not been below its {progress.best_val_loss:.4f} since. The best weights are kept."
        )
        self.record("warning", progress.step, message=message)

    @functools.cached_property
    def generator(self) -> Generator:
        """Writes the samples; traced once, and not at all in a run without samples."""
        return Generator(self.copy, self.tokenizer, jit_compile=False)  # XLA would take memory from training

    def sample(self) -> str:
        """Return a continuation of the prompt, with the same seed every time."""
        text = self.generator.generate([self.prompt], self.sampling)[0] if self.sampling.max_new else ""
        self.has_sampled = True
        return text

    def record_sample(self, text: str) -> None:
        """Record a sample of the current step."""
        options, step = self.sampling, self.progress.step
        asked = {"prompt": self.prompt, "text": text, "seed": options.seed, "temperature": options.temperature}
        known = {} if self.right_reply is None else {"right_reply": self.right_reply}
        self.record("sample", step, **asked, **known)
        self.sampled_at = time.monotonic()

    def update_copy(self) -> None:
        """Copy the trained weights into the evaluated copy."""
        for mine, theirs in zip(self.copy.trainable_variables, self.model.trainable_variables, strict=True):
            mine.assign(np.asarray(theirs))
