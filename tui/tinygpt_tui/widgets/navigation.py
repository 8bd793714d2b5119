"""The navigation bar at the top of every screen."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Label

from tinygpt_tui.places import PLACES, Place


class Navigation(Horizontal):
    """A button for each place; brackets mark the current one where there are no colours.

    Args:
        current: The shown place; `None` on the start screen.
    """

    class Chosen(Message):
        """A button was clicked."""

        def __init__(self, place: str) -> None:
            super().__init__()
            self.place = place

    DEFAULT_CSS = """
    Navigation {
        height: 1; dock: top; background: $panel; padding: 0 1;
        Label { text-style: bold; padding: 0 2 0 0; color: $text-primary; }
        Button { min-width: 0; width: auto; height: 1; border: none; }
        Button { padding: 0 1; margin: 0 1 0 0; background: $panel; }
        Button.-current { text-style: bold reverse; }
        Button:focus { text-style: bold underline; }
    }
    """

    def __init__(self, current: Place | None) -> None:
        super().__init__()
        self.current = current

    def compose(self) -> ComposeResult:
        """Yield the buttons."""
        yield Label("tinygpt")
        for place in PLACES:
            here = place is self.current
            label = f"{place.key.upper()} ‹{place.title}›" if here else f"{place.key.upper()} {place.title}"
            yield Button(label, id=f"go-{place.name}", classes="-current" if here else "", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Post which place was clicked."""
        event.stop()
        self.post_message(self.Chosen((event.button.id or "").removeprefix("go-")))
