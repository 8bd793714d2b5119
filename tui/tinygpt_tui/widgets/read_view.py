"""The context of a character, shaded by attention."""

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from tinygpt_tui.chat.insight import visible
from tinygpt_tui.text import plain

LEVELS = 5  # of shading
STRENGTH = 10  # per cent of accent colour per level; at the strongest, letters keep a contrast of 4.7 or more
AHEAD = 120  # characters shown after the current one


class ReadView(VerticalScroll, can_focus=False):
    """Shows a context, the character after it, and a little of the text that followed."""

    class Pointed(Message):
        """A character was clicked, `way` characters after the current one or before it (negative)."""

        def __init__(self, way: int) -> None:
            super().__init__()
            self.way = way

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = "ReadView Static { width: 1fr; height: auto; }"

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static()

    def show(self, context: str, character: str, rest: str, shares: list[float]) -> None:
        """Show a character in its context.

        Args:
            context: The model's context before the character.
            character: The current character.
            rest: The text that was written after it.
            shares: The attention to each character of the context; empty for a model without attention.
        """
        most = max(shares, default=0.0) or 1.0
        parts: list[Content] = []
        for place, letter in enumerate(context):
            level = round(LEVELS * shares[place] / most) if shares else 0
            style = f"on $accent {STRENGTH * level}%" if level else ""
            parts.append(one_letter(letter, place - len(context), style, named=level > 0))
        parts.append(one_letter(character, 0, "bold reverse", named=True))
        parts += [one_letter(letter, way, "dim") for way, letter in enumerate(rest[:AHEAD], 1)]
        self.query_one(Static).update(Content.assemble(*parts))

    def clear(self) -> None:
        """Show nothing."""
        self.border_title = self.border_subtitle = ""
        self.query_one(Static).update("")

    def follow(self) -> None:
        """Scroll to the current character, which must have been laid out."""
        text = self.query_one(Static)
        for row in range(text.size.height):
            if any(segment.style and segment.style.meta.get("way") == 0 for segment in text.render_line(row)):
                self.scroll_to_region(Region(0, row, 1, 1), animate=False, force=True)
                return

    def on_resize(self) -> None:
        """Keep the current character in sight."""
        self.call_after_refresh(self.follow)

    def on_click(self, event: events.Click) -> None:
        """Post which character was clicked."""
        way = event.style.meta.get("way")
        if isinstance(way, int):
            self.post_message(self.Pointed(way))


def one_letter(letter: str, way: int, style: str, named: bool = False) -> Content:
    """Return one styled character; its metadata holds its distance from the current one."""
    shown = (visible(letter) + ("\n" if letter == "\n" else "")) if named else letter
    return plain(shown).stylize(Style.from_meta({"way": way})).stylize(style)
