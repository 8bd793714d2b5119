"""What a training process does before its first steps, as its files and events tell, and for how long."""

import contextlib
import json
from typing import NamedTuple

from tinygpt_keras.config import RunConfig
from tinygpt_keras.config.tasks import REPLYING, TASKS, TEXT
from tinygpt_keras.console.progress import duration
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import kept_steps
from tinygpt_tui.runs.history import History, mapping, number, text
from tinygpt_tui.training.phase import began
from tinygpt_tui.training.standing import rungs_and_landmarks
from tinygpt_tui.training.trainer import Training, lives

READING, LOADING, BUILDING, RESTORING, EVALUATING, COMPILING = (
    "reading the text",
    "loading TensorFlow",
    "building model, counting text",
    "loading TensorFlow, checkpoint",
    "compiling, first evaluation",
    "compiling the first step",
)
NEW = READING, LOADING, BUILDING, EVALUATING, COMPILING
RESUMED = RESTORING, COMPILING


class Stage(NamedTuple):
    """A part of a trainer's start."""

    words: str
    is_over: bool
    took_s: float | None
    """Seconds so far, or in all; `None` if it has not begun, or nobody saw how long it took."""


class Beginning:
    """Follows the start of a run's trainer.

    A stage ends with what the trainer then writes: `config.json` once the text is read, an empty history once
    TensorFlow is loaded, and the events `start`, `eval` and `train`. That the history is created is only seen while it
    is still empty.

    Args:
        directory: The run.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.begun = 0.0
        """Unix seconds at which the trainer started; 0 if there is none."""
        self.plan: RunConfig | None = None
        """What is about to be trained, once the trainer has written it down."""
        self._is_resumed = False
        self._ends: dict[str, float] = {}
        self._over: set[str] = set()

    def look(self, training: Training | None, history: History) -> None:
        """Note what the trainer has done by now.

        Args:
            training: The process, if this app started it.
            history: The run's history.
        """
        begun = training.started_at if training is not None and lives(training) else began(self.directory)
        if begun != self.begun:
            self.begun, self._ends, self._over = begun, {}, set()
            self._is_resumed = bool(kept_steps(self.directory))
        events = history.firsts if history.firsts.get("start", 0.0) > begun else {}
        if events:
            self._is_resumed = history.is_resumed
        self._end(RESTORING, events.get("start"))
        self._end(BUILDING, events.get("start"))
        self._end(EVALUATING, events.get("eval") or events.get("train"))
        self._end(COMPILING, events.get("train"))
        self._end(READING, self._written(self.directory.config_file.name))
        if self.plan is None:
            with contextlib.suppress(InputError, OSError):
                self.plan = self.directory.config()
        if not events:
            self._end(LOADING, self._written(self.directory.events_file.name, empty=True))

    def _written(self, name: str, empty: bool = False) -> float | None:
        """Return when the trainer wrote a file, in Unix seconds; `None` if it has not."""
        try:
            status = (self.directory.path / name).lstat()
        except OSError:
            return None
        return status.st_mtime if status.st_mtime >= self.begun and not (empty and status.st_size) else None

    def _end(self, stage: str, moment: float | None) -> None:
        """Note the end of a stage, and that all before it are over."""
        if moment is None or not self.begun:
            return
        self._ends.setdefault(stage, moment)
        stages = RESUMED if self._is_resumed else NEW
        if stage in stages:
            self._over.update(stages[: stages.index(stage) + 1])

    def stages(self, now: float) -> list[Stage]:
        """Return the stages in order, with the seconds that each took or has taken.

        Args:
            now: The time, in Unix seconds.

        Returns:
            The stages; none before there is a trainer.
        """
        if not self.begun:
            return []
        found: list[Stage] = []
        since: float | None = self.begun
        for words in RESUMED if self._is_resumed else NEW:
            is_over = words in self._over
            until = self._ends.get(words) if is_over else now
            took = max(until - since, 0.0) if until is not None and since is not None else None
            found.append(Stage(words, is_over, took))
            since = until if is_over else None
        return found

    def doing(self, now: float) -> str:
        """Return the stage under way and its seconds, such as `loading TensorFlow, 4 s`; empty if none is."""
        stage = next((stage for stage in self.stages(now) if not stage.is_over), None)
        if stage is None:
            return ""
        return stage.words if stage.took_s is None else f"{stage.words}, {duration(stage.took_s)}"


def facts(history: History, plan: RunConfig | None = None) -> list[tuple[str, str]]:
    """Describe what is trained on what, and how long, from the `start` event or what is known before it.

    Args:
        history: A run's history.
        plan: Its configuration, which is there from when its text has been read.

    Returns:
        Names with values; none while nothing is known.
    """
    config = history.config or (json.loads(plan.to_json()) if plan is not None else {})
    if not config:
        return []
    model, training = mapping(config, "model"), mapping(config, "training")
    parameters = history.parameters or (plan.model.parameters() if plan is not None else None)
    found = {"recipe": text(config, "preset"), "model": model_words(parameters, model)}
    found |= {"text": text_words(history) or text(mapping(config, "corpus"), "name"), "device": history.device}
    minutes, steps = number(training, "minutes"), history.total_steps or number(training, "steps")
    length = f"{minutes:g} minutes" if minutes else f"{steps:,.0f} steps" if steps else ""
    every = number(training, "eval_every")
    found["plan"] = f"{length}, an evaluation every {every:,.0f} steps" if length and every else length
    ladder = [f"{loss:.3f}  {name}" for name, loss in rungs_and_landmarks(history).items()]
    found["to beat"] = "\n".join(ladder)
    return [(name, words) for name, words in found.items() if words]


def model_words(parameters: int | None, model: dict[str, object]) -> str:
    """Return a model's size and shape."""
    sizes = {name: number(model, name) for name in ("num_layers", "num_heads", "block_size")}
    words = f"{parameters:,} parameters" if parameters is not None else ""
    if text(model, "architecture") != "bigram" and sizes["num_layers"] and sizes["num_heads"]:
        stacks = "encoder and decoder of " if text(model, "architecture") == REPLYING else ""
        words += f", {stacks}{sizes['num_layers']:,.0f} blocks of {sizes['num_heads']:,.0f} heads"
        words += f", {sizes['block_size']:,.0f} characters of context" if sizes["block_size"] else ""
    return words.removeprefix(", ")


def text_words(history: History) -> str:
    """Return a text's length and name."""
    if history.characters is None:
        return ""
    name = text(mapping(history.config, "corpus"), "name")
    what = "characters" if history.task is TASKS[TEXT] else "characters of replies, those"
    words = f"{history.characters:,} {what}" + (f" of {name}" if name else "")
    return words + (f", {history.validation_characters:,} to validate" if history.validation_characters else "")
