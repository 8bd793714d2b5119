"""A training run, from its first step or from a checkpoint to its end."""

import dataclasses
import sys
import time
from collections.abc import Iterator
from typing import Any

import keras

from tinygpt_keras.config import RunConfig, TrainingConfig
from tinygpt_keras.distribution.devices import apart, own_rows
from tinygpt_keras.distribution.group import Alone, Group
from tinygpt_keras.errors import InputError
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.open import open_run
from tinygpt_keras.models.start_from import Overlap, start_from
from tinygpt_keras.runs.checkpoints import Checkpoint, list_checkpoints
from tinygpt_keras.runs.directory import PRETRAINED, RunDirectory, pretrained_run
from tinygpt_keras.runs.events import EventWriter, NoEvents
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training import callbacks
from tinygpt_keras.training.checkpoint import remove_unfinished, set_aside
from tinygpt_keras.training.compilation import choose_jit, compile_model
from tinygpt_keras.training.device import device_name, fingerprint
from tinygpt_keras.training.examples import Examples
from tinygpt_keras.training.resume import newest_undamaged, restore
from tinygpt_keras.training.signals import StopRequest

LONGEST = 100  # characters of a value that a warning quotes from a checkpoint
FOREVER = 10**9  # epochs, for runs that the clock ends


class Session:
    """Trains one run with `model.fit`.

    Args:
        config: The run's configuration.
        directory: Its directory, which already holds `config.json` and `vocab.json`.
        examples: The encoded text or pairs.
        tokenizer: Their tokenizer.
        watcher: Called with every event.
        stop: The request to stop, checked after every step.
        further: Whether the run has a new end, so that its patience counts from zero.
        group: The processes that train it together; this one alone if not given. The first one evaluates and writes.
    """

    def __init__(
        self,
        config: RunConfig,
        directory: RunDirectory,
        examples: Examples,
        tokenizer: CharTokenizer,
        watcher: callbacks.Watcher,
        stop: StopRequest,
        further: bool = False,
        group: Group | None = None,
    ) -> None:
        self._began = time.monotonic()
        self.further = further
        self.group = group or Alone()
        self.config = config
        self.directory = directory
        self.tokenizer = tokenizer
        self.stop = stop
        self.examples = examples
        self.events = NoEvents() if self.group.index else EventWriter(directory.events_file)
        self.record = callbacks.Recorder(self.events, watcher)
        self.progress = Progress()
        keras.utils.set_random_seed(config.seed)
        self.model = build_model(config.model, config.training.precision)
        self.overlap = self.begin_from(config.start_from) if config.start_from else None
        compile_model(self.model, config.training)

    def begin_from(self, origin: str) -> Overlap | None:
        """Copy the weights of another run, unless this run has a checkpoint to continue from."""
        overlap, weights = None, {}
        if self.group.index == 0 and not list_checkpoints(self.directory.checkpoints):
            try:
                with apart():
                    trained = open_run(pretrained_run() if origin == PRETRAINED else origin)
            except InputError as error:
                raise InputError(f"the weights that this run begins with cannot be read: {error}") from None
            characters = trained.tokenizer.characters
            overlap, weights = start_from(self.model, self.tokenizer.characters, trained.model, characters)
        ours = {variable.path: variable for variable in self.model.trainable_variables}
        for path, value in self.group.share_arrays(weights).items():
            ours[path].assign(value)
        return overlap

    def run(self) -> str:
        """Train until the end, a request to stop, or a failure.

        Returns:
            Why it ended: `finished`, `stopped_early` or `interrupted`.
        """
        reason = "failed"
        try:
            checkpoint = self.resume()
            if self.group.index == 0:
                self.record_start(resumed=checkpoint is not None)
            self.fit(self.prepare(checkpoint))
            self.group.leave()
            reason = self.reason()
        except KeyboardInterrupt:
            reason = "interrupted"
        finally:
            self.stop.expect(False)
            self.end(reason)
        return reason

    def end(self, reason: str) -> None:
        """Record why the run ended."""
        self.record(
            "end",
            self.progress.step,
            reason=reason,
            best_val_loss=self.progress.best_val_loss,
            wall_s=round(time.monotonic() - self._began, 3),
        )
        self.events.close()

    def resume(self) -> Checkpoint | None:
        """Restore the newest undamaged checkpoint, and set damaged ones aside.

        Returns:
            The checkpoint; `None` for a run without checkpoints.

        Raises:
            InputError: When every checkpoint is damaged.
        """
        remove_unfinished(self.directory.checkpoints)
        checkpoint, damaged = newest_undamaged(self.model, self.directory.checkpoints, self.config.model)
        progress = checkpoint.progress if checkpoint else Progress()
        self.progress = Progress(**self.group.share(dataclasses.asdict(progress)))
        # All processes restore together: JAX compares in all of them what is assigned in one.
        if arrays := self.group.share_arrays(checkpoint.arrays if checkpoint else {}):
            restore(self.model, arrays)
        # A run that is trained further may stand between two evaluations.
        self.model.steps_per_execution = self.config.training.executed_steps(self.progress.step)
        if self.further:
            self.progress.evaluations_since_best = 0
        for path in damaged:
            self.warn(f"checkpoint {path.name} is damaged; the one before it is used.")
            set_aside(path)
        return checkpoint

    def prepare(self, checkpoint: Checkpoint | None) -> dict[str, Any]:
        """Choose how the step is compiled; a resumed run keeps its backend's choice, as its last bits depend on it.

        Args:
            checkpoint: The checkpoint that is resumed, if any.

        Returns:
            The fingerprint of this run.
        """
        earlier, backend = checkpoint.fingerprint if checkpoint else {}, keras.backend.backend()
        if checkpoint is not None and earlier.get("backend", backend) == backend:
            self.model.jit_compile = bool(earlier.get("xla"))
        else:
            with self.stop.at_once():
                choose_jit(self.model, self.config.training, self.batches(), log)
        self.model.jit_compile = self.group.share(self.model.jit_compile)
        current = fingerprint(self.model.jit_compile)
        if checkpoint is None:
            return current
        changed = [key for key, value in current.items() if earlier.get(key, value) != value]
        if changed:
            differing = "; ".join(f"{key} was {str(earlier.get(key))[:LONGEST]}, is {current[key]}" for key in changed)
            dropout = " Dropout drops others there." if "backend" in changed else ""
            self.warn(f"the resumed run may differ in its last bits: {differing}.{dropout}")
        if self.config.training.minutes is not None:
            self.warn("this run is limited in minutes: it uses the time left, and is not reproduced bit for bit.")
        return current

    def fit(self, fingerprint: dict[str, Any]) -> None:
        """Call `model.fit` once for each part of `plan_epochs`: a single one, unless the run is resumed or uneven."""
        listeners = self.make_callbacks(fingerprint)
        if self.progress.step > 0 and self.progress.evaluation_due(self.config.training):  # a stop cut it short
            keras.callbacks.CallbackList(listeners, model=self.model).on_train_begin()
        for steps_per_epoch, epochs in plan_epochs(self.config.training, self.progress.step):
            if self.progress.trained(self.config.training) or self.progress.out_of_patience(self.config.training):
                return
            self.model.fit(
                self.batches(),
                epochs=epochs,
                steps_per_epoch=steps_per_epoch,
                callbacks=listeners,
                verbose=0,
                shuffle=False,
            )
            if self.model.stop_training:
                return

    def make_callbacks(self, fingerprint: dict[str, Any]) -> list[keras.callbacks.Callback]:
        """Return the callbacks, in the order in which they act."""
        training = self.config.training
        characters = self.examples.characters_per_step(self.config)
        clock = [] if training.minutes is None else [callbacks.ClockSchedule(self.progress, training, self.group)]
        reports = callbacks.StepReports(self.progress, training, characters, self.record, self.stop)
        together = [callbacks.Agreement(self.group, self.progress, self.stop)] if self.group.count > 1 else []
        if self.group.index > 0:
            return [*clock, reports, *together]
        film = [callbacks.Filming(self.directory, self.progress, training, self.record)] if training.film else []
        evaluation = callbacks.Evaluation(
            self.config,
            self.directory,
            self.tokenizer,
            self.examples,
            self.progress,
            self.record,
            self.stop,
        )
        samples = [callbacks.Sampling(evaluation, reports.measure_anew)] if training.sample_length else []
        keeping = callbacks.Checkpointing(
            self.directory, self.progress, fingerprint, training.keep_checkpoints, self.record
        )
        between = " → " if self.config.model.replies else ""
        board = (
            [callbacks.TensorBoard(self.directory.tensorboard, self.record, between)] if training.tensorboard else []
        )
        return [*clock, reports, *film, *samples, *board, evaluation, keeping, *together]

    def batches(self) -> Any:
        """Return the training batches from the current step on."""
        batches = self.examples.batches(self.config, self.progress.step)
        return own_rows(batches, self.config.training.batch_size, self.group)

    def record_start(self, resumed: bool) -> None:
        """Record the configuration, the data, the device and the n-gram baselines."""
        with self.stop.at_once():
            counted = self.examples.rungs(self.config)
        self.record(
            "start",
            self.progress.step,
            config=dataclasses.asdict(self.config),
            parameters=self.config.model.parameters(),
            train_characters=self.examples.train_characters,
            val_characters=self.examples.val_characters,
            device=device_name(self.group.count),
            resumed=resumed,
            overlap=dataclasses.asdict(self.overlap) if self.overlap else None,
            rungs=counted,
        )

    def reason(self) -> str:
        """Return why training ended."""
        if self.progress.finished(self.config.training):
            return "finished"
        return "interrupted" if self.stop.received else "stopped_early"

    def warn(self, message: str) -> None:
        """Record a warning."""
        self.record("warning", self.progress.step, message=message)


def log(message: str) -> None:
    """Write a line to the log, to which standard error is redirected during training."""
    print(message, file=sys.stderr)


def plan_epochs(training: TrainingConfig, step: int) -> Iterator[tuple[int, int]]:
    """Divide the rest of a run into calls of `fit`, so that every epoch ends at an evaluation.

    Args:
        training: The recipe.
        step: Steps done.

    Yields:
        Steps per epoch and the number of such epochs: first the rest of an interval that was cut short, then the
        whole intervals, then a shorter last one.
    """
    every = training.eval_every
    if training.minutes is not None:
        if step % every:
            yield every - step % every, 1
        yield every, FOREVER
        return
    steps = training.steps
    if step % every and step < steps:
        cut_short = min(every - step % every, steps - step)
        yield cut_short, 1
        step += cut_short
    whole, rest = divmod(steps - step, every)
    if whole:
        yield every, whole
    if rest:
        yield rest, 1
