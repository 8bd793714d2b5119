"""The start screen: what the program does, and which keys to press."""

import asyncio
from itertools import zip_longest

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Center, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tinygpt_tui.places import PLACES
from tinygpt_tui.runs.cells import abbreviated
from tinygpt_tui.runs.summary import Summary, newest_runs
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hint, hints, title

TITLE = """\
╺┳╸╻┏┓╻╻ ╻┏━╸┏━┓╺┳╸
 ┃ ┃┃┗┫┗┳┛┃╺┓┣━┛ ┃
 ╹ ╹╹ ╹ ╹ ┗━┛╹   ╹ """
INTRODUCTION = """\
Train a small GPT on this machine, and watch noise turn into Shakespeare.
Then speak to it as a character of a play, and be answered by another.
Press a letter to begin, or ? for help."""


NEWEST = 3  # runs to go on with
LONGEST = 32  # columns of a run's name
AROUND = 3  # columns of a button and the gap after it, besides its label


class HomeScreen(Page):
    """A title, a few lines of introduction and a button for each place."""

    CSS_PATH = "home.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-low"), (24, "-high")]
    HELP_TEXT = "The start screen. Press a letter, click a button, or use a key named in the top line."
    BINDINGS = [Binding(place.letter, f"app.go('{place.name}')", place.title, show=False) for place in PLACES]

    def __init__(self) -> None:
        super().__init__()
        self.newest: list[Summary] = []

    def body(self) -> ComposeResult:
        """Yield the title, the introduction, the buttons and a line on the worker."""
        with Vertical(id="home"):
            yield Center(Static(TITLE, id="title", markup=False))
            yield Center(Static(INTRODUCTION, id="introduction", markup=False))
            with Center(id="ways"):
                for place in PLACES:
                    if place is PLACES[0]:  # a letter in the accent colour could not be read on it
                        label, variant = plain(f"{place.letter} {place.button}"), "primary"
                    else:
                        label, variant = hint(place.letter, place.button), "default"
                    yield Button(label, id=f"way-{place.name}", variant=variant)
            with Center(id="recent"), Vertical(id="newest", classes="panel"):
                for number in range(NEWEST):
                    yield Button("", id=f"run-{number}", compact=True)
            yield Center(Static(id="state"))

    def on_mount(self) -> None:
        """Focus the first button and keep the last line up to date."""
        self.query(Button).first().focus()
        self.set_interval(0.5, self.show_state)
        self.show_state()

    def on_screen_resume(self) -> None:
        """List the newest runs, once the screen is drawn."""
        self.call_after_refresh(self.list_newest)

    @work(exclusive=True, group="newest", exit_on_error=False)
    async def list_newest(self) -> None:
        """Show the newest runs, to be pressed."""
        self.newest = await asyncio.to_thread(newest_runs, self.owner.runs_dir, NEWEST)
        if self.owner.started:  # not before the first frame
            from tinygpt_tui.training.phase import with_own

            self.newest = with_own(self.newest, self.owner.started)
        panel = self.query_one("#newest")
        panel.border_title, panel.border_subtitle = title("your newest runs"), hints(("r", "all runs"))
        for button, run in zip_longest(panel.query(Button), self.newest):
            button.display = run is not None
            if run is not None:
                loss = f" · best loss {run.best_loss:.4f}" if run.best_loss is not None else ""
                button.label = plain(f"{abbreviated(run.name, LONGEST)} · {run.marked_state}{loss}")
        self.query_one("#recent").set_class(bool(self.newest), "-some")

    def fitted(self) -> None:
        """Put the buttons into two columns where a row of them would be cut."""
        labels = [Content(str(button.label)) for button in self.query_one("#ways").query(Button)]
        needed = sum(label.cell_length + AROUND for label in labels)
        self.set_class(needed > self.query_one("#home").size.width, "-crowded")

    def show_state(self) -> None:
        """Show the worker's state."""
        words = "Loading TensorFlow in the background, for the chat…"
        if self.owner.worker.given_up:
            words = "The process that holds the models has ended. Press ^p and choose worker to start it again."
        if self.owner.worker.is_ready:
            words = "The pretrained model is ready to chat."
        state = self.query_one("#state", Static)
        if str(state.content) != words:
            state.update(plain(words))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go to the button's screen, or to its run."""
        name = event.button.id or ""
        if name.startswith("run-"):
            self.owner.watch_run(self.newest[int(name.removeprefix("run-"))].directory)
            return
        self.owner.action_go((event.button.id or "").removeprefix("way-"))
