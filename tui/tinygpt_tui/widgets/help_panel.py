"""The help: what a screen is for, and its keys, beside the screen."""

from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hints, title

BESIDE = 80  # columns of a terminal from which on the screen keeps a place beside the help
LEAST, MOST = 32, 52  # columns of the help beside a screen


def help_width(room: int) -> int:
    """Return how many of a terminal's columns the help takes: all of a narrow one."""
    return room if room < BESIDE else min(max(room * 2 // 5, LEAST), MOST)


class HelpPanel(VerticalScroll):
    """Explains a screen and lists its keys.

    Args:
        about: What the screen is for.
        list_keys: Returns each key with its description, under headings.
    """

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = """
    HelpPanel {
        height: 100%; background: $surface;
        &.-beside { split: right; max-width: 65%; }
        &.-whole { layer: help; dock: right; width: 100%; }
        Static { width: 1fr; height: auto; }
        #help-about { margin: 1 0 0 0; }
    }
    """

    def __init__(self, about: str, list_keys: Callable[[], dict[str, list[tuple[str, str]]]], **options: Any) -> None:
        super().__init__(can_focus=False, **options)
        self.about = about
        self.list_keys = list_keys
        self.keys = list_keys()

    def compose(self) -> ComposeResult:
        """Yield the keys, which are looked up more often, and the text."""
        yield Static(key_list(self.keys), id="help-keys")
        yield Static(plain(self.about), id="help-about")

    def on_mount(self) -> None:
        """Name the keys that close and scroll it in the border."""
        self.border_title = title("Help", "F1")
        self.watch(self, "show_vertical_scrollbar", self.name_keys)
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.call_after_refresh(self.show_keys))

    def name_keys(self) -> None:
        """Name the keys that do something: scrolling is one only if there is more than has room."""
        more = [("PgDn", "more")] if self.show_vertical_scrollbar else []
        self.border_subtitle = hints(*more, ("esc", "closes"))

    @property
    def covers_all(self) -> bool:
        """Whether nothing of the screen is in sight."""
        return self.has_class("-whole")

    def on_key(self, event: events.Key) -> None:
        """Keep keys from a screen that nobody sees."""
        found = self.screen.active_bindings.get(event.key)
        if self.covers_all and (found is None or found.node is self.screen):
            event.stop()

    def on_unmount(self) -> None:
        """Stop following the keys."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def fit(self, room: int) -> None:
        """Take a part of a terminal's columns, or all of them."""
        is_whole = room < BESIDE
        self.set_class(is_whole, "-whole")
        self.set_class(not is_whole, "-beside")
        self.styles.width = help_width(room)
        self.can_focus = is_whole  # what is typed must not reach a field that nobody sees
        if is_whole:
            self.focus()

    def show_keys(self) -> None:
        """Update the keys if they have changed, as when a screen shows another view."""
        if self.is_attached and (keys := self.list_keys()) != self.keys:
            self.keys = keys
            for lines in self.query("#help-keys").results(Static):  # none while the help closes
                lines.update(key_list(keys))


def key_list(keys: dict[str, list[tuple[str, str]]]) -> Content:
    """Return keys with their descriptions, one a line, under their headings."""
    width = max((len(key) for pairs in keys.values() for key, _ in pairs), default=0)
    parts: list[Content] = []
    for heading, pairs in keys.items():
        lines = [plain(heading).stylize("bold")]
        lines += [plain(key.rjust(width)).stylize("bold $accent") + plain(f"  {words}") for key, words in pairs]
        parts.append(Content("\n").join(lines))
    return Content("\n\n").join(parts)
