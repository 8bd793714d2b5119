"""A line of input that shows whatever was pasted harmlessly, and strikes out what a model does not know."""

import re
from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Input

from tinygpt_keras.console import printable
from tinygpt_tui.text import one_line

LONGEST = 2_000  # characters in a line: a model reads a few hundred
LOOKED_AT = 50 * LONGEST  # characters at the end of what is pasted, where most may be control characters
STRUCK = Style(strike=True, reverse=True)


def everything_known(character: str) -> bool:
    """Say that a character is known."""
    del character
    return True


class PlainInput(Input):
    """An `Input` for any text, up to a length.

    Args:
        known: Says whether a character means anything to whoever gets the text.
        **options: Those of `Input`.
    """

    class Changed(Input.Changed, namespace="input"):
        """The value has changed; of a burst of keys the last value is all that anybody has to know."""

        def can_replace(self, message: Message) -> bool:
            """Whether a later message makes this one needless."""
            return isinstance(message, Input.Changed) and message.input is self.input

    def __init__(self, value: str = "", *, known: Callable[[str], bool] = everything_known, **options: Any) -> None:
        super().__init__(value, **options)
        self.known = known
        self.highlighter = self.show

    def show(self, value: Text) -> Text:
        """Draw the value: controls as pictures, unknown characters struck out.

        Args:
            value: What was typed.

        Returns:
            As many characters, none of which acts on the terminal.
        """
        shown = Text(printable(value.plain), no_wrap=True, overflow="ignore", end="")
        unknown = "".join(character for character in set(value.plain) if not self.known(character))
        for run in re.finditer(f"[{re.escape(unknown)}]+", value.plain) if unknown else ():
            shown.stylize(STRUCK, *run.span())
        return shown

    @property
    def content_width(self) -> int:
        """The width of the value and the cursor, which has no need to know what is struck out."""
        return cell_len(printable(self.value)) + 1 if self.value else super().content_width

    def validate_value(self, value: str) -> str:
        """Return the newest part of too long a value, wherever it comes from."""
        return value[-LONGEST:]

    def _on_paste(self, event: events.Paste) -> None:
        """Take what the terminal pastes."""
        event.prevent_default()
        event.stop()
        self.take(event.text)

    def action_paste(self) -> None:
        """Take what was copied here."""
        self.take(self.app.clipboard)

    def take(self, text: str) -> None:
        """Put any text in the place of the selection, as one line."""
        start, end = sorted(self.selection)
        line = one_line(text[-LOOKED_AT:])
        if not line:
            return
        if len(self.value) - (end - start) + len(line) > LONGEST:
            self.notify(f"The last {LONGEST:,} characters are kept.", markup=False)
        self.replace(line, start, end)
        # Textual leaves the cursor out of sight where this is the first value.
        self.scroll_to_region(Region(self._cursor_offset, 0, 1, 1), force=True, animate=False)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the value as any `Input` does; of what gets too long the beginning is dropped.

        Args:
            text: What is put in.
            start: Where it begins.
            end: Where what it replaces ends.
        """
        start, end = sorted((max(0, start), min(len(self.value), end)))
        before = self.value[:start] + text
        excess = len(before) + len(self.value) - end - LONGEST
        super().replace(before[max(0, excess) :], 0, end)
