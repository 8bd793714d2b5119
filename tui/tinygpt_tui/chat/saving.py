"""A conversation as a file: plain text, or a picture."""

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

NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")  # beside controls, what XML cannot hold
WIDTH = 80  # columns of a picture


def file_names(kind: str) -> Iterator[str]:
    """Name a file after the time; further names follow, for when there is such a file."""
    stem = f"chat-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    yield f"{stem}.{kind}"
    for number in itertools.count(2):
        yield f"{stem}-{number}.{kind}"


def new_file(folder: Path, kind: str) -> Path:
    """Make an empty file, in the place of none.

    Args:
        folder: Where.
        kind: The ending of its name.

    Returns:
        Its path.

    Raises:
        OSError: When nothing can be written there.
    """
    for name in file_names(kind):
        with contextlib.suppress(FileExistsError):
            (folder / name).touch(exist_ok=False)
            return folder / name
    raise AssertionError("names do not end")


def together(talks: Sequence[tuple[str, str]]) -> str:
    """Put conversations into one text: models' names with what was said, the names only where there are several."""
    if len(talks) == 1:
        return talks[0][1]
    return "\n".join(f"— {label} —\n\n{text}" for label, text in talks)


def as_file(content: str) -> io.StringIO:
    """Give text as a file to read, which can be written as UTF-8."""
    return io.StringIO(encodable(content))


def as_svg(text: str) -> str:
    """Draw a text as SVG.

    Args:
        text: Any text; nothing in it is markup.

    Returns:
        The picture.
    """
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text(NO_XML.sub("\ufffd", printable(text, keep="\n"))), highlight=False)
    return console.export_svg(title="tinygpt")
