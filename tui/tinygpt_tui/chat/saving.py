"""Saving conversations as plain text or as a picture."""

import contextlib
import datetime
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tinygpt_keras.console import printable
from tinygpt_tui.text import encodable

NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")  # apart from controls, the characters that XML forbids
WIDTH = 80  # columns of a picture


def file_names(kind: str) -> Iterator[str]:
    """Yield file names made from the current time, then numbered ones in case those exist."""
    stem = f"chat-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    yield f"{stem}.{kind}"
    for number in itertools.count(2):
        yield f"{stem}-{number}.{kind}"


def new_file(folder: Path, kind: str) -> Path:
    """Create an empty file under a new name.

    Args:
        folder: The folder to create it in.
        kind: Its extension, without a dot.

    Returns:
        Its path.

    Raises:
        OSError: When the folder is not writable.
    """
    for name in file_names(kind):
        with contextlib.suppress(FileExistsError):
            (folder / name).touch(exist_ok=False)
            return folder / name
    raise AssertionError("names do not end")


def together(talks: Sequence[tuple[str, str]]) -> str:
    """Join pairs of a model's name and its conversation; several get the names as headings."""
    if len(talks) == 1:
        return talks[0][1]
    return "\n".join(f"— {label} —\n\n{text}" for label, text in talks)


def as_file(content: str) -> io.StringIO:
    """Return text as a readable file that can be encoded as UTF-8."""
    return io.StringIO(encodable(content))


def as_svg(text: str) -> str:
    """Render text as SVG.

    Args:
        text: Any text; markup in it is not interpreted.

    Returns:
        The SVG document.
    """
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text(NO_XML.sub("\ufffd", printable(text, keep="\n"))), highlight=False)
    return console.export_svg(title="tinygpt")
