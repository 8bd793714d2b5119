"""A text with a cursor, each character shaded by a share."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from tinygpt_keras.drawing.colours import ink
from tinygpt_keras.findings.words import symbol
from tinygpt_tui.text import plain

AROUND = 1500  # characters laid out on each side of the cursor: more would make keys slow


class ShadedText(VerticalScroll, can_focus=False):
    """Shows a text, the cursor in reverse, and the shares of some of its characters as colours."""

    class Pointed(Message):
        """A character was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = "ShadedText Static { width: 1fr; height: auto; }"

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static()

    def show(self, text: str, place: int, shares: Sequence[float], first: int = 0) -> None:
        """Show a text.

        Args:
            text: The whole text.
            place: The cursor.
            shares: From 0 to 1, of the characters from `first` on; the others have no colour.
            first: The place of the first share.
        """
        begin, end = max(place - AROUND, 0), place + AROUND
        shaded = [None] * first + list(shares) + [None] * max(len(text) - first - len(shares), 0)
        letters = [
            one_letter(letter, n, n == place, share)
            for n, (letter, share) in enumerate(zip(text[begin:end], shaded[begin:end], strict=False), begin)
        ]
        self.query_one(Static).update(Content.assemble(*letters))

    def follow(self) -> None:
        """Scroll to the cursor, which must have been laid out."""
        text = self.query_one(Static)
        for row in range(text.size.height):
            if any(segment.style and segment.style.meta.get("cursor") for segment in text.render_line(row)):
                self.scroll_to_region(Region(0, row, 1, 1), animate=False, force=True, center=True)
                return

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.call_after_refresh(self.follow)

    def on_click(self, event: events.Click) -> None:
        """Post which character was clicked."""
        place = event.style.meta.get("place")
        if isinstance(place, int):
            self.post_message(self.Pointed(place))


def one_letter(letter: str, place: int, is_cursor: bool, share: float | None) -> Content:
    """Return one styled character; its metadata holds its place."""
    named = is_cursor or share is not None
    shown = symbol(letter) if named and letter == "\n" else letter
    if is_cursor and letter == " ":
        shown = symbol(letter)
    style = "bold reverse" if is_cursor else "" if share is None else "{} on {}".format(*ink(share))
    content = plain(shown).stylize(Style.from_meta({"place": place, "cursor": is_cursor})).stylize(style)
    return content + plain("\n") if named and letter == "\n" else content
