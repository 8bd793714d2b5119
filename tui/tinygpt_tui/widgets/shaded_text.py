"""A text with a cursor, each character shaded by a share."""

import itertools
from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content, Span
from textual.message import Message

from tinygpt_keras.findings.words import symbol
from tinygpt_tui.looking import wrapping
from tinygpt_tui.looking.ramp import DARK, ramp_of
from tinygpt_tui.looking.rows import Rows
from tinygpt_tui.widgets.lines import Lines

CURSOR, LATER = "bold reverse", "dim"
RULE = "─"


class ShadedText(Lines):
    """Shows a text, the cursor in reverse, and the shares of some of its characters as colours."""

    class Pointed(Message):
        """A character was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    DEFAULT_CLASSES = "panel"
    text = ""
    place = first = ruled = 0
    shares: Sequence[float] = ()
    dims_later = False
    ramp = DARK
    _rows: Sequence[wrapping.Span] = ()
    _wrapped = "", 0, 0

    def show(
        self,
        text: str,
        place: int,
        shares: Sequence[float] = (),
        first: int = 0,
        dims_later: bool = False,
        ruled: int = 0,
    ) -> None:
        """Show a text, scrolled to the cursor.

        Args:
            text: The whole text.
            place: The cursor.
            shares: From 0 to 1, of the characters from `first` on; the others have no colour.
            first: The place of the first share.
            dims_later: Whether what follows the cursor is dim.
            ruled: The place before which a rule divides the text; 0 for none.
        """
        self.text, self.place, self.shares, self.first, self.dims_later = text, place, shares, first, dims_later
        self.ruled = ruled
        self.ramp = ramp_of(self.app)
        self.draw()

    def draw(self) -> None:
        """Draw the text, and wrap it where it or the width is another one."""
        wanted = self.text, max(self.size.width - 1, 1), self.ruled
        if wanted != self._wrapped:
            self._wrapped, self._rows = wanted, wrapping.divided(*wanted)
        self.show_lines(Rows((), len(self._rows), self.row))
        self.follow()

    def row(self, number: int) -> Content:
        """Draw a row: runs of characters of one style."""
        begin, end = self._rows[number]
        if begin == end:
            return Content.styled(RULE * self.size.width, "dim")
        letters: list[str] = []
        spans: list[Span] = []
        at = 0
        for style, run in itertools.groupby(range(begin, end), key=self.style_of):
            some = self.letters(list(run), style)
            if style:
                spans.append(Span(at, at + len(some), style))
            letters.append(some)
            at += len(some)
        return Content("".join(letters), spans)

    def style_of(self, place: int) -> str:
        """Return the style of a character."""
        if place == self.place:
            return CURSOR
        if 0 <= place - self.first < len(self.shares):
            return self.ramp.ink(self.shares[place - self.first])
        return LATER if self.dims_later and place > self.place else ""

    def letters(self, run: Sequence[int], style: str) -> str:
        """Return characters as they are drawn: those that cannot be seen as symbols, if their style would be lost."""
        text = self.text[run[0] : run[-1] + 1]
        if style == CURSOR:
            return symbol(text).ljust(cell_len(wrapping.shown(text))) if cell_len(wrapping.shown(text)) else f"◌{text}"
        return wrapping.shown(text.replace("\n", symbol("\n")) if style not in ("", LATER) else text)

    def follow(self) -> None:
        """Scroll to the cursor: it stands in the middle, so that the way to it makes no difference."""
        if not self._rows or not self.size.height:
            return
        row = wrapping.row_of(self._rows, self.place)
        self.scroll_to(y=max(row - self.size.height // 2, 0), animate=False, force=True)

    def on_resize(self) -> None:
        """Wrap the text anew, and keep the cursor in sight."""
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Post which character was clicked."""
        at = event.get_content_offset(self)
        number = self.scroll_offset.y + at.y if at is not None else len(self._rows)
        is_text = number < len(self._rows) and self._rows[number].begin < self._rows[number].end
        if at is not None and is_text and at.x < self.size.width:
            self.post_message(self.Pointed(wrapping.place_at(self.text, self._rows[number], at.x)))
