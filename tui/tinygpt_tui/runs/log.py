"""What a process has said at its end, without what libraries say at every start."""

import os
import re
from pathlib import Path

# How TensorFlow begins a line on what it found on this machine, which is never why a process failed.
CHATTER = re.compile(
    r"[IWE]\d{4} \d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |WARNING: All log messages before"
    r"|To enable the following instructions:"
)
LAST_LINES = 12


def told(text: str, lines: int = LAST_LINES) -> str:
    """Give the end of what a process has written.

    Args:
        text: What it has written.
        lines: How many lines at most.

    Returns:
        Its last lines.
    """
    kept = [line for line in text.rstrip().splitlines() if not CHATTER.match(line)]
    return "\n".join(kept[-lines:] if lines > 0 else [])


def last_lines(path: Path, lines: int = LAST_LINES) -> str:
    """Give the end of a log.

    Args:
        path: The log, which may not exist.
        lines: How many lines at most.

    Returns:
        Its last lines.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 2**14, 0))
            return told(file.read().decode("utf-8", "replace"), lines)
    except OSError:
        return ""
