"""The start screen: what the program does, and which keys to press."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Center, Vertical
from textual.widgets import Button, Static

from tinygpt_tui.places import PLACES
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import plain

TITLE = """\
╺┳╸╻┏┓╻╻ ╻┏━╸┏━┓╺┳╸
 ┃ ┃┃┗┫┗┳┛┃╺┓┣━┛ ┃
 ╹ ╹╹ ╹ ╹ ┗━┛╹   ╹ """
INTRODUCTION = """\
Train a small GPT on this machine, and watch noise turn into Shakespeare.
Then speak to it as a character of a play, and be answered by another.
Press t to train one, c to chat with one, k to look inside one,
l to learn how it works, r to see your runs, or ? for help."""


class HomeScreen(Page):
    """A title, a few lines of introduction and a button for each place."""

    CSS_PATH = "home.tcss"
    HELP_TEXT = "The start screen. Press a letter, click a button, or use a key named in the top line."
    BINDINGS = [Binding(place.letter, f"app.go('{place.name}')", place.title, show=False) for place in PLACES]

    def body(self) -> ComposeResult:
        """Yield the title, the introduction, the buttons and a line on the worker."""
        with Vertical(id="home"):
            yield Center(Static(TITLE, id="title", markup=False))
            yield Center(Static(INTRODUCTION, id="introduction", markup=False))
            with Center(id="ways"):
                for place in PLACES:
                    variant = "primary" if place is PLACES[0] else "default"
                    yield Button(place.button, id=f"way-{place.name}", variant=variant)
            yield Center(Static(id="state"))

    def on_mount(self) -> None:
        """Focus the first button and keep the last line up to date."""
        self.query(Button).first().focus()
        self.set_interval(0.5, self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Show the worker's state."""
        words = "Loading TensorFlow in the background, for the chat…"
        if self.owner.worker.given_up:
            words = "The process that holds the models has ended. Press ^p and choose worker to start it again."
        if self.owner.worker.is_ready:
            words = "The pretrained model is ready to chat."
        self.query_one("#state", Static).update(plain(words))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go to the button's screen."""
        self.owner.action_go((event.button.id or "").removeprefix("way-"))
