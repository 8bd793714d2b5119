"""The last lines of a process's log, without the libraries' start-up messages."""

import os
import re
from pathlib import Path

from tinygpt_keras import files

# Prefixes of TensorFlow's messages about the machine, which never explain a failure.
CHATTER = re.compile(
    r"[IWE]\d{4} \d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |WARNING: All log messages before"
    r"|To enable the following instructions:"
)
LAST_LINES = 12
BLOCK = 2**14  # bytes read from the end
SHOWN_LINES = 200  # of a log that is followed


def told(text: str, lines: int = LAST_LINES) -> str:
    """Return the last lines of a process's output, without TensorFlow's start-up messages.

    Args:
        text: The output.
        lines: The largest number of lines.

    Returns:
        The last lines.
    """
    kept = [line for line in text.rstrip().splitlines() if not CHATTER.match(line)]
    return "\n".join(kept[-lines:] if lines > 0 else [])


def last_lines(path: Path, lines: int = LAST_LINES) -> str:
    """Return the last lines of a log file, without TensorFlow's start-up messages.

    Args:
        path: The log file, which may not exist.
        lines: The largest number of lines.

    Returns:
        The last lines.
    """
    return told(end_of(path, BLOCK), lines)


def end_of(path: Path, at_most: int) -> str:
    """Return the end of a log file; nothing if it is missing or no regular file.

    Args:
        path: The log file.
        at_most: The largest number of bytes that are read.

    Returns:
        The text, with what is not UTF-8 replaced.
    """
    try:
        with open(path, "rb", opener=files.opener) as file:
            file.seek(max(file.seek(0, os.SEEK_END) - at_most, 0))
            return file.read(at_most).decode("utf-8", "replace")
    except OSError:
        return ""


class LogFollower:
    """Reads the last lines of a log that another process writes, whenever it has changed.

    Args:
        path: The log file, which may not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> str | None:
        """Return the last `SHOWN_LINES` lines; `None` if nothing has changed since the last call."""
        try:
            status = self.path.lstat()
            seen = status.st_ino, status.st_size, status.st_mtime_ns
        except OSError:
            seen = 0, 0, 0
        if seen == self._seen:
            return None
        self._seen = seen
        return "\n".join(end_of(self.path, 4 * BLOCK).rstrip().splitlines()[-SHOWN_LINES:])
