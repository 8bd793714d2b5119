"""Safe display of untrusted text: no markup, no terminal control sequences."""

import re

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from tinygpt_keras.console import acts, printable

SURROGATES = re.compile("[\ud800-\udfff]")  # UTF-8 cannot encode them
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
SHOWN = 4000  # characters of one passage that are laid out; the rest is replaced by its count


def plain(text: object) -> Content:
    """Convert any object to content without markup, with control characters as Unicode control pictures.

    Args:
        text: Any object, converted with `str`.

    Returns:
        Content for any widget.
    """
    return Content(encodable(printable(str(text), keep="\n")).replace("\u2409", "    "))


def encodable(text: str) -> str:
    """Replace lone surrogates, as in undecodable file names, by U+FFFD."""
    return SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Join pasted text into one line: line ends and tabs become spaces, other control characters are removed."""
    return CONTROLS.sub("", " ".join(text.replace("\t", " ").splitlines()))


def shortened(text: str) -> str:
    """Replace the middle of a long passage, which would be slow to lay out, by the number of characters left out."""
    if len(text) <= SHOWN:
        return text
    half = SHOWN // 2
    return f"{text[:half]}\n… {len(text) - SHOWN:,} more characters …\n{text[-half:]}"


class HarmlessFilter(LineFilter):
    """Removes every control character just before the terminal.

    `plain` leaves none; this filter catches text that libraries draw themselves.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Remove the control characters from a line.

        Args:
            segments: The line.
            background: Unused.

        Returns:
            The clean line; every segment has a style, which Textual's filters rely on.
        """
        del background
        return [
            segment
            if segment.control or (segment.style is not None and segment.text.isprintable())
            else Segment(encodable("".join(c for c in segment.text if not acts(c))), segment.style or Style.null())
            for segment in segments
        ]
