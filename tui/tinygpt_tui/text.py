"""Text from outside, shown as text: never as markup, never as something that a terminal obeys."""

import re

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from tinygpt_keras.console import acts, printable

SURROGATES = re.compile("[\ud800-\udfff]")  # halves of characters, which no output can encode
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
SHOWN = 4000  # characters of one passage that are laid out; the rest is counted


def plain(text: object) -> Content:
    """Make content of any text: brackets stay brackets, controls become pictures.

    Args:
        text: Anything; it is shown as `str` gives it.

    Returns:
        Content for any widget.
    """
    return Content(encodable(printable(str(text), keep="\n")).replace("\u2409", "    "))


def encodable(text: str) -> str:
    """Put U+FFFD where a text could not be written as UTF-8, such as in the name of a foreign file."""
    return SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return what was pasted as one line: line ends and tabs are spaces, other control characters are left out."""
    return CONTROLS.sub("", " ".join(text.replace("\t", " ").splitlines()))


def shortened(text: str) -> str:
    """Leave out the middle of a passage that would take long to lay out, and say how much."""
    if len(text) <= SHOWN:
        return text
    half = SHOWN // 2
    return f"{text[:half]}\n… {len(text) - SHOWN:,} more characters …\n{text[-half:]}"


class HarmlessFilter(LineFilter):
    """The last gate before the terminal: drops every character that a terminal would obey.

    What `plain` made has none left; this catches what a library shows by itself.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Clean a line.

        Args:
            segments: The line.
            background: Not needed.

        Returns:
            The line, without such characters; every part has a style, which Textual's filters rely on.
        """
        del background
        return [
            segment
            if segment.control or (segment.style is not None and segment.text.isprintable())
            else Segment(encodable("".join(c for c in segment.text if not acts(c))), segment.style or Style.null())
            for segment in segments
        ]
