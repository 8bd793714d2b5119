"""What a screen hands over to Look."""

from typing import NamedTuple

from tinygpt_tui.runs.choices import Choice


class Subject(NamedTuple):
    """A model, and what to look at while it reads it."""

    choice: Choice
    text: str = ""
    """What the run wrote last if empty."""
    place: int | None = None
    """The cursor in the text; its end if `None`, or a reply's start."""
    source: str = ""
    """What the text replies to."""
