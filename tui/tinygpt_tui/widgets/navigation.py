"""The navigation bar at the top of every screen."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Label

from tinygpt_tui.places import PLACES, Place

NARROW = 76  # columns that all names need
TIGHT = 50  # and all keys, with some room around them


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
        Button { padding: 0; margin: 0 1 0 0; background: $panel; }  /* its line has a column at either side */
        Button.-current { text-style: bold reverse; }
        /* Only margins: a button that is wide enough for its label stays so until it is measured anew. */
        &.-tight { padding: 0; }
        &.-tight Button { margin: 0; }
        Button:focus { text-style: bold underline; }
    }
    """

    def __init__(self, current: Place | None) -> None:
        super().__init__()
        self.current = current
        self._fitted: tuple[bool, bool] | None = None

    def compose(self) -> ComposeResult:
        """Yield the buttons."""
        yield Label("tinygpt")
        for place in PLACES:
            classes = "-current" if place is self.current else ""
            button = Button(self.label(place), id=f"go-{place.name}", classes=classes, compact=True)
            button.can_focus = False  # every place has its keys; Enter and Space stay those of the screen
            yield button

    def label(self, place: Place, is_narrow: bool = False) -> str:
        """Return the words of a place's button: where there is little room, the key alone."""
        key = place.key.upper()
        if place is self.current:
            return f"‹{key} {place.title}›" if is_narrow else f"{key} ‹{place.title}›"
        return key if is_narrow else f"{key} {place.title}  "  # as wide as the current one, so that none moves

    def on_resize(self) -> None:
        """Fit the buttons into the width, and once more when the help beside the screen has its own."""
        self.fit()
        self.call_after_refresh(self.fit)

    def fit(self) -> None:
        """Choose the words of the buttons for the width, if it asks for others."""
        width = self.size.width
        fitting = width < NARROW, width < TIGHT
        if fitting == self._fitted:
            return
        self._fitted = fitting
        is_narrow, is_tight = fitting
        self.set_class(is_tight, "-tight")
        self.query_one(Label).display = not is_narrow
        for place in PLACES:
            button = self.query_one(f"#go-{place.name}", Button)
            button.label = self.label(place, is_narrow)
            button.refresh(layout=True)  # Textual does not measure a button anew for its label

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Post which place was clicked."""
        event.stop()
        self.post_message(self.Chosen((event.button.id or "").removeprefix("go-")))
