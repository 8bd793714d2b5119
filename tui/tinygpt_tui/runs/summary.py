"""Summaries of all runs for the table, read from the ends of their histories."""

import contextlib
import dataclasses
import io
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras import files
from tinygpt_keras.config import RunConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import LONGEST_LINE, parse_event
from tinygpt_tui.runs.history import WELL_ABOVE, number

RUNNING, FINISHED, INTERRUPTED, FAILED, DAMAGED = "running", "finished", "interrupted", "failed", "damaged"
ENDINGS = {"finished": FINISHED, "stopped_early": FINISHED, "interrupted": INTERRUPTED, "failed": FAILED}
SIGNS = {RUNNING: "●", FINISHED: "✓", INTERRUPTED: "‖", FAILED: "✗", DAMAGED: "!"}
"""Found at a glance in a list, beside the words."""
BLOCK = 2**16  # bytes read at once, from the end backwards
LOOKED_BACK = 2**24  # bytes read of a history at most, about 100,000 events


@dataclass(frozen=True)
class Summary:
    """One run in the table."""

    directory: RunDirectory
    state: str
    preset: str = ""
    parameters: int | None = None
    step: int | None = None
    best_loss: float | None = None
    has_risen: bool = False
    """Whether the latest loss is well above the best, as in overfitting."""
    written_at: float = 0.0
    """Unix seconds."""
    can_write: bool = False
    """Whether it has weights to chat with."""
    text: str = ""
    """The name of the text that it learned from."""
    stamp: tuple[int, ...] = ()
    """Changes whenever a file that the summary is made from does."""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.directory.path.name

    @property
    def marked_state(self) -> str:
        """The state in a word, after its sign."""
        return f"{SIGNS[self.state]} {self.state}"


def list_runs(runs_dir: Path, known: Sequence[Summary] = ()) -> list[Summary]:
    """Summarise all runs of a folder.

    Args:
        runs_dir: The folder of all runs, which may not exist.
        known: Earlier summaries; those of unchanged runs are returned again, as a thousand take seconds to make.

    Returns:
        The runs, most recently written first.
    """
    before = {summary.directory: summary for summary in known}
    found: list[Summary] = []
    for path in folders(runs_dir):
        with contextlib.suppress(OSError):
            if files.kind_of(path / "config.json"):
                directory = RunDirectory(path)
                found.append(summarize(directory, before.get(directory)))
    return sorted(found, key=lambda summary: -summary.written_at)


def newest_runs(runs_dir: Path, count: int) -> list[Summary]:
    """Summarise the runs that were written last, most recent first; the others are not opened."""
    found: list[tuple[float, RunDirectory]] = []
    for path in folders(runs_dir):
        with contextlib.suppress(OSError):
            if files.kind_of(path / "config.json"):
                found.append((RunDirectory(path).written_at(), RunDirectory(path)))
    newest: list[Summary] = []
    for _, directory in sorted(found, key=lambda pair: -pair[0]):
        if len(newest) < count:
            with contextlib.suppress(OSError):
                newest.append(summarize(directory))
    return newest


def folders(runs_dir: Path) -> list[Path]:
    """Return what may be a run; a run that cannot be looked at, deleted meanwhile or another user's, is passed over."""
    with contextlib.suppress(OSError):
        return [path for path in runs_dir.iterdir() if not path.name.startswith(".")]
    return []


def summarize(directory: RunDirectory, known: Summary | None = None) -> Summary:
    """Summarise one run.

    Args:
        directory: A run directory with a `config.json`.
        known: An earlier summary, returned if nothing has changed since.

    Returns:
        The summary; its state is `damaged` if the configuration cannot be read.

    Raises:
        OSError: When the run has been deleted.
    """
    stamp = stamp_of(directory)
    if known is not None and known.stamp == stamp and known.state != RUNNING and directory.trainer() is None:
        return known
    written_at = directory.written_at()
    try:
        config = directory.config()
    except InputError:
        return Summary(directory, DAMAGED, written_at=written_at, stamp=stamp)
    return dataclasses.replace(describe(directory, config, written_at), stamp=stamp)


def stamp_of(directory: RunDirectory) -> tuple[int, ...]:
    """Return the times, sizes and identities of the files that a summary is made from; zeros for a missing one."""
    stamp: list[int] = []
    for file in (directory.config_file, directory.events_file, directory.best_file):
        try:
            status = file.lstat()
            stamp += status.st_mtime_ns, status.st_size, status.st_ino
        except OSError:
            stamp += 0, 0, 0
    return tuple(stamp)


def describe(directory: RunDirectory, config: RunConfig, written_at: float) -> Summary:
    """Combine a run's configuration, history and lock into a summary."""
    step: int | None = None
    best_loss: float | None = None
    latest: float | None = None
    state = ""
    resumed_at: float = math.inf  # a resumption voids earlier events after its step
    for event in events_backwards(directory.events_file):
        kind = event["event"]
        step = event["step"] if step is None else step
        state = state or (ENDINGS.get(str(event.get("reason")), FAILED) if kind == "end" else INTERRUPTED)
        if kind == "start":
            resumed_at = min(resumed_at, event["step"])
        elif event["step"] > resumed_at:
            continue
        elif kind == "end" and best_loss is None:
            best_loss = number(event, "best_val_loss")
        elif kind == "eval":
            latest = number(event, "val_loss") if latest is None else latest
            if event.get("best") is True and best_loss is None:
                best_loss = number(event, "val_loss")
        if best_loss is not None and latest is not None:
            break
    return Summary(
        directory,
        RUNNING if directory.trainer() is not None else state or INTERRUPTED,
        config.preset,
        config.model.parameters(),
        step,
        best_loss,
        best_loss is not None and latest is not None and latest - best_loss > WELL_ABOVE,
        written_at,
        directory.best_file.is_file(),
        Path(config.corpus.name).name,
    )


def events_backwards(path: Path) -> Iterator[dict[str, Any]]:
    """Read a history from its end.

    Args:
        path: An `events.jsonl`; if it is missing, there are no events.

    Yields:
        Each complete event, newest first, of the last `LOOKED_BACK` bytes.
    """
    try:
        file = open(path, "rb", opener=files.opener)  # noqa: SIM115 closed by the next block
    except OSError:
        return
    with file:
        whole = end = file.seek(0, os.SEEK_END)
        tail = b""
        while end > max(whole - LOOKED_BACK, 0):
            start = max(end - BLOCK, 0)
            file.seek(start)
            lines = list(io.BytesIO(file.read(end - start) + tail)) or [b""]
            tail = lines.pop(0) if start else b""
            tail = tail if len(tail) <= LONGEST_LINE else b""
            for line in reversed(lines):
                if (event := parse_event(line)) is not None:
                    yield event
            end = start
