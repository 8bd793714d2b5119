"""A conversation as a file: plain text, or a picture."""

import datetime
import io
import re

from rich.console import Console
from rich.text import Text

from tinygpt_keras.console import printable
from tinygpt_tui.text import encodable

NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")  # beside controls, what XML cannot hold
WIDTH = 80  # columns of a picture


def file_name(kind: str) -> str:
    """Name a file after the time."""
    return f"chat-{datetime.datetime.now():%Y%m%d-%H%M%S}.{kind}"


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
