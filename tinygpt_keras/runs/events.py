"""A run's history: one JSON object per line, appended during training."""

import json
import os
import time
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tinygpt_keras import files

EVENTS_FILE = "events.jsonl"
LONGEST_LINE = 2**22  # bytes; the longest are samples of 100,000 characters
OVERFITTING = "overfitting began"  # the first words of the `warning` about overfitting


class EventWriter:
    """Appends events to a run's history and flushes each.

    First removes an incomplete last line, which a killed writer may have left.

    Args:
        path: The `events.jsonl`; created if missing.
    """

    def __init__(self, path: Path) -> None:
        repair(path)
        # Whatever an event quotes, it ends no training: what UTF-8 cannot encode is replaced.
        self._file = open(path, "a", encoding="utf-8", errors="replace", opener=files.opener)  # noqa: SIM115 see `close`

    def write(self, event: str, step: int, **fields: Any) -> None:
        """Append one event.

        Args:
            event: Its kind, such as `train` or `eval`.
            step: The step after which it happened.
            **fields: Its other values; numbers that are not finite become null.
        """
        values = {"event": event, "time": round(time.time(), 3), "step": step, **fields}
        try:
            line = json.dumps(values, ensure_ascii=False, allow_nan=False)
        except ValueError:
            line = json.dumps(json.loads(json.dumps(values), parse_constant=lambda _: None), ensure_ascii=False)
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class NoEvents:
    """Drops events, where another process writes the history."""

    def write(self, event: str, step: int, **fields: Any) -> None:
        """Drop an event."""

    def close(self) -> None:
        """Do nothing."""


def repair(path: Path) -> None:
    """Remove an incomplete last line, which a killed writer left, and a hole at the end.

    What is longer than any line was not left by this program: it is ended, and stays.

    Args:
        path: An `events.jsonl`, which may be missing.
    """
    if not files.kind_of(path):
        return
    with open(path, "r+b", opener=files.opener) as file:
        end = files.written_end(file)
        start = max(end - LONGEST_LINE, 0)
        file.seek(start)
        last = file.read(end - start)
        kept = last.rfind(b"\n") + 1
        endless = start > 0 and not kept
        end = end if endless else start + kept
        if end != file.seek(0, os.SEEK_END):
            file.truncate(end)
        if endless:
            file.seek(end)
            file.write(b"\n")


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Read a run's history.

    Args:
        path: An `events.jsonl`; a missing one has no events.

    Yields:
        Each complete event of a known shape, oldest first; skips incomplete, unknown and overlong lines.

    Raises:
        UnsafeFileError: When it is not a regular file.
    """
    if not files.kind_of(path):
        return
    with open(path, "rb", opener=files.opener) as file:
        skipping = False  # the rest of an overlong line
        while line := file.readline(LONGEST_LINE):
            whole = line.endswith(b"\n")
            if not skipping and (event := parse_event(line)) is not None:
                yield event
            skipping = not whole
            if skipping:
                files.past_hole(file)


def parse_event(line: bytes) -> dict[str, Any] | None:
    """Parse one line of a history.

    Args:
        line: The line's bytes, with its line end.

    Returns:
        The event, or `None` when the line is incomplete or not an event.
    """
    if not line.endswith(b"\n"):
        return None
    try:
        value: object = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    event = typing.cast(dict[str, Any], value)
    known = isinstance(event.get("event"), str) and isinstance(event.get("step"), int)
    return event if known and isinstance(event.get("time"), (int, float)) else None
