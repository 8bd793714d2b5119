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
    try:
        with open(path, "rb", opener=files.opener) as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 2**14, 0))
            return told(file.read().decode("utf-8", "replace"), lines)
    except OSError:
        return ""
