"""An input that shows any pasted text harmlessly and strikes out characters that a model does not know."""

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

LONGEST = 2_000  # characters in a line; a model reads a few hundred
LOOKED_AT = 50 * LONGEST  # last characters of a paste that are cleaned; many may be control characters
STRUCK = Style(strike=True, reverse=True)


def everything_known(character: str) -> bool:
    """Return True: by default, every character is known."""
    del character
    return True


class PlainInput(Input):
    """An `Input` for any text of up to `LONGEST` characters.

    Args:
        known: Whether the reader of the text knows a character.
        **options: Passed to `Input`.
    """

    class Changed(Input.Changed, namespace="input"):
        """The value has changed; in a burst of keys only the last value matters."""

        def can_replace(self, message: Message) -> bool:
            """Whether a later message replaces this one."""
            return isinstance(message, Input.Changed) and message.input is self.input

    def __init__(self, value: str = "", *, known: Callable[[str], bool] = everything_known, **options: Any) -> None:
        super().__init__(value, **options)
        self.known = known
        self.highlighter = self.show

    def show(self, value: Text) -> Text:
        """Return the value as it is drawn: control characters as pictures, unknown characters struck out.

        Args:
            value: The value.

        Returns:
            A text of the same length, in which no character acts on the terminal.
        """
        shown = Text(printable(value.plain), no_wrap=True, overflow="ignore", end="")
        unknown = "".join(character for character in set(value.plain) if not self.known(character))
        for run in re.finditer(f"[{re.escape(unknown)}]+", value.plain) if unknown else ():
            shown.stylize(STRUCK, *run.span())
        return shown

    @property
    def content_width(self) -> int:
        """The width of the value and the cursor in columns; computed without highlighting, which does not change it."""
        return cell_len(printable(self.value)) + 1 if self.value else super().content_width

    def validate_value(self, value: str) -> str:
        """Return the value, cut to its last `LONGEST` characters."""
        return value[-LONGEST:]

    def _on_paste(self, event: events.Paste) -> None:
        """Insert the text that the terminal pastes."""
        event.prevent_default()
        event.stop()
        self.take(event.text)

    def action_paste(self) -> None:
        """Insert the text that was copied in this application."""
        self.take(self.app.clipboard)

    def take(self, text: str) -> None:
        """Replace the selection with any text, as one line."""
        start, end = sorted(self.selection)
        line = one_line(text[-LOOKED_AT:])
        if not line:
            return
        if len(self.value) - (end - start) + len(line) > LONGEST:
            self.notify(f"The last {LONGEST:,} characters are kept.", markup=False)
        self.replace(line, start, end)
        # Textual does not scroll to the cursor when this is the first value.
        self.scroll_to_region(Region(self._cursor_offset, 0, 1, 1), force=True, animate=False)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the value as `Input` does, and drop the beginning of a value that gets too long.

        Args:
            text: The new text.
            start: Where the replaced part begins.
            end: Where it ends.
        """
        start, end = sorted((max(0, start), min(len(self.value), end)))
        before = self.value[:start] + text
        excess = len(before) + len(self.value) - end - LONGEST
        super().replace(before[max(0, excess) :], 0, end)
