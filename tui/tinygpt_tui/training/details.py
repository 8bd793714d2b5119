"""What a run's folder tells at a closer look: its text, its losses, its last sample, its recipe and what it keeps."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tinygpt_keras.config import RunConfig
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.config.tasks import PAIRS, TASKS, TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.checkpoints import list_checkpoints
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.film import list_frames
from tinygpt_tui.runs.follower import Follower
from tinygpt_tui.runs.history import Evaluation, History, Sample, Series
from tinygpt_tui.runs.summary import LOOKED_BACK
from tinygpt_tui.training.command import command_from_here
from tinygpt_tui.training.standing import standing

POINTS = 400  # of the loss: more than a sparkline has columns
MOST_FILES = 2000  # whose sizes are added


@dataclass(frozen=True)
class Details:
    """A run at a closer look."""

    path: Path
    problem: str = ""
    """Why it cannot be read."""
    config: RunConfig | None = None
    command: str = ""
    """Trains another run like this one; empty if none does."""
    losses: tuple[float, ...] = ()
    """The validation losses, oldest first, thinned out; without the untrained model's, which dwarfs the others."""
    train: Series = field(default_factory=Series)
    validation: Series = field(default_factory=Series)
    rungs: dict[str, float] = field(default_factory=dict[str, float])
    """The losses of the counting models of the same text."""
    first: Evaluation | None = None
    best: Evaluation | None = None
    last: Evaluation | None = None
    standing: str = ""
    """Where its loss stands beside the counting models of the same text."""
    sample: Sample | None = None
    """What it wrote last."""
    checkpoints: int = 0
    frames: int = 0
    """How many steps its film has."""
    size: int | None = None
    """Bytes on the disk; `None` if there are too many files to add up."""


class DetailsReader:
    """Looks at one run, again and again while it trains; each look reads only what was appended.

    Args:
        directory: The run.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self._follower = Follower(directory.events_file, LOOKED_BACK)
        self._history = History()
        self._has_begun = False

    def read(self, is_live: bool) -> Details:
        """Look at the run; slow enough for a thread.

        Args:
            is_live: Whether it is being trained.
        """
        try:
            return self._read(is_live)
        except InputError as error:
            return Details(self.directory.path, problem=str(error))
        except OSError as error:  # such as a folder of another user
            return Details(self.directory.path, problem=f"{error.filename or ''}: {error.strerror or error}")

    def _read(self, is_live: bool) -> Details:
        path, config = self.directory.path, self.directory.config()
        self._follow()
        history = self._history
        return Details(
            path,
            "",
            config,
            command_from_here(config, self.directory),
            thinned([evaluation.val_loss for evaluation in history.evaluations if evaluation.step > 0]),
            history.train.copy(),
            history.validation.copy(),
            dict(history.rungs),
            history.evaluations[0] if history.evaluations else None,
            history.best,
            history.latest,
            standing(history, is_live) if history.config else "",
            history.samples[-1] if history.samples else None,
            len(list_checkpoints(self.directory.checkpoints)),
            len(list_frames(self.directory.film)),
            size_on_disk(path),
        )

    def _follow(self) -> None:
        """Take up what was appended to the history, and the newest `LOOKED_BACK` bytes at first."""
        more = True
        while more:
            news = self._follower.read()
            if news.restarted or not self._has_begun:
                # The start of a long history is not among the newest bytes.
                self._history = History()
                head = Follower(self.directory.events_file).read().events
                for event in itertools.islice((each for each in head if each["event"] == "start"), 1):
                    self._history.take(event)
                self._has_begun = not news.missing
            for event in news.events:
                self._history.take(event)
            more = news.more


def thinned(losses: list[float]) -> tuple[float, ...]:
    """Return at most `POINTS` of many losses, evenly spaced, the last among them."""
    step = -(-len(losses) // POINTS) or 1
    return tuple(losses[::-step][::-1])


def size_on_disk(folder: Path) -> int | None:
    """Return how many bytes the files of a run have; `None` if there are more than `MOST_FILES`."""
    sizes = list(itertools.islice(file_sizes(folder), MOST_FILES + 1))
    return sum(sizes) if len(sizes) <= MOST_FILES else None


def file_sizes(folder: Path, depth: int = 2) -> Iterator[int]:
    """Yield the size of each file in a folder and `depth` levels below it, without following links."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if depth:
                        yield from file_sizes(Path(entry.path), depth - 1)
                    else:
                        yield 0  # counts, so that a search always ends
                elif entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_size
                else:
                    yield 0
    except OSError:
        return


def in_bytes(size: int) -> str:
    """Format a size: `412 bytes`, `3.2 kB`, `41 MB`."""
    if size < 1000:
        return f"{size} bytes"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    raise AssertionError("the last unit takes any size")


def text_in_words(config: RunConfig) -> str:
    """Return the text that a run learned from, and its length."""
    name = "tiny Shakespeare" if config.corpus.name == TINY_SHAKESPEARE else config.corpus.name
    pairs = " of pairs" if TASKS[config.task].is_made or config.task == PAIRS else ""
    return f"{name}, {config.corpus.characters:,} characters{pairs}" if config.corpus.characters else name


def task_in_words(config: RunConfig) -> str:
    """Return what a run of pairs learned to do; empty for one that continues a text."""
    return "" if config.task == TEXT else f"{config.task}: {TASKS[config.task].description}"


def kept_in_words(details: Details) -> str:
    """Return what a run keeps, and how much room that takes."""
    parts = [counted(details.checkpoints, "checkpoint")]
    parts += [f"film of {counted(details.frames, 'step')}"] if details.frames else []
    parts.append(in_bytes(details.size) if details.size is not None else "many files")
    return " · ".join(parts)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def losses_in_words(details: Details) -> str:
    """Return the first, the best and the last loss of a run."""
    if details.first is None or details.best is None or details.last is None:
        return "No loss was measured yet."
    first, best, last = details.first, details.best, details.last
    parts = [f"{first.val_loss:.3f} at step {first.step:,}"] if first is not best else []
    parts.append(f"best {best.val_loss:.4f} at step {best.step:,}")
    parts += [f"last {last.val_loss:.3f}"] if last is not best else []
    return " → ".join(parts)
