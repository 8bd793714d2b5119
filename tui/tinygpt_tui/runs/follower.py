"""Following a history that somebody else is writing."""

import io
import os
from pathlib import Path
from typing import Any, NamedTuple

from tinygpt_keras.runs.events import parse_event

BLOCK = 2**17  # bytes read at once: some milliseconds of parsing, so that keys are answered in between


class News(NamedTuple):
    """What a look into a history brought."""

    events: list[dict[str, Any]]
    """New whole events, oldest first."""
    restarted: bool = False
    """The file was replaced or cut: forget what came before these events."""
    more: bool = False
    """There is more to read at once."""
    missing: bool = False
    """There is no such file (any more)."""


class Follower:
    """Reads on from where it stopped; a torn last line is left until it is whole.

    Args:
        path: An `events.jsonl`, which may not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._identity: tuple[int, int] | None = None
        self._was_missing = False

    def read(self) -> News:
        """Read what is new, a block at most.

        Returns:
            The news.
        """
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                identity = status.st_dev, status.st_ino
                # A file that comes back may have its predecessor's very inode.
                replaced = self._identity is not None and (self._was_missing or self._identity != identity)
                restarted = replaced or status.st_size < self._offset
                if restarted:
                    self._offset = 0
                self._identity, self._was_missing = identity, False
                file.seek(self._offset)
                block = self._whole_lines(file)
        except OSError:
            self._was_missing = True
            return News([], missing=True)
        self._offset += len(block)
        events = [event for line in io.BytesIO(block) if (event := parse_event(line)) is not None]
        return News(events, restarted, more=self._offset < status.st_size and bool(block))

    def _whole_lines(self, file: Any) -> bytes:
        """Read about a block, up to its last line end; a longer line is read whole."""
        block: bytes = file.read(BLOCK)
        while block and b"\n" not in block:
            further: bytes = file.read(len(block))
            if not further:
                return b""
            block += further
        return block[: block.rfind(b"\n") + 1]
