"""Following a run's history while another process writes it."""

import io
import os
from pathlib import Path
from typing import Any, NamedTuple

from tinygpt_keras import files
from tinygpt_keras.runs.events import LONGEST_LINE, parse_event

BLOCK = 2**17  # bytes per read: parsing them blocks the keys for a few milliseconds only


class News(NamedTuple):
    """The result of one read."""

    events: list[dict[str, Any]]
    """New complete events, oldest first."""
    restarted: bool = False
    """Whether the file was replaced or truncated: earlier events no longer count."""
    more: bool = False
    """Whether there is more to read now."""
    missing: bool = False
    """Whether the file does not exist, or no longer does."""


class Follower:
    """Reads the lines appended since the last read; an incomplete last line waits for its rest.

    Args:
        path: An `events.jsonl`, which may not exist yet.
        newest: How many bytes of a longer history to read, from its end; 0 reads all.
    """

    def __init__(self, path: Path, newest: int = 0) -> None:
        self.path = path
        self._newest = newest
        self._offset = 0
        self._identity: tuple[int, int] | None = None
        self._was_missing = False
        self._skipping = False  # the rest of an endless line

    def read(self) -> News:
        """Read the new events, about one block at most.

        Returns:
            The new events, and whether the file was replaced, has more, or is missing.
        """
        try:
            with open(self.path, "rb", opener=files.opener) as file:
                status = os.fstat(file.fileno())
                identity = status.st_dev, status.st_ino
                # A deleted file's successor may get the same inode.
                replaced = self._identity is not None and (self._was_missing or self._identity != identity)
                restarted = replaced or status.st_size < self._offset
                if restarted or self._identity is None:
                    before = status.st_size - self._newest if self._newest else 0
                    # The line that is cut there is passed over.
                    self._offset, self._skipping = max(before, 0), before > 0
                self._identity, self._was_missing = identity, False
                file.seek(self._offset)
                block = self._whole_lines(file)
        except OSError:
            self._was_missing = True
            return News([], missing=True)
        events = [event for line in io.BytesIO(block) if (event := parse_event(line)) is not None]
        return News(events, restarted, more=self._offset < status.st_size and (bool(block) or self._skipping))

    def _whole_lines(self, file: Any) -> bytes:
        """Read about one block, cut at its last line end; read a longer line whole, and pass over an endless one."""
        block: bytes = file.read(BLOCK)
        while block and b"\n" not in block:
            further: bytes = file.read(len(block))
            if not further:
                return b""
            block += further
            if len(block) > LONGEST_LINE:
                self._skipping = True
                files.past_hole(file)
                self._offset = file.tell()
                return b""
        end = block.rfind(b"\n") + 1
        self._offset += end
        begin = block.find(b"\n") + 1 if self._skipping else 0
        self._skipping = self._skipping and not end
        return block[begin:end]
