"""A run, live or finished: its curves, its pinned sample, its state and the actions on it."""

import asyncio
import contextlib
import gc
import time

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import ProgressBar, Static

from tinygpt_keras import files
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.places import TRAIN
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.follower import Follower
from tinygpt_tui.runs.history import History
from tinygpt_tui.runs.summary import FAILED, INTERRUPTED, RUNNING
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import plain
from tinygpt_tui.training.phase import GONE, LIVE, STARTING, STOPPING, awaited, phase, trouble
from tinygpt_tui.training.standing import headline, numbers, standing
from tinygpt_tui.training.trainer import Training, discard_unborn, lives, niceness, stop_run
from tinygpt_tui.widgets.loss_plot import LossPlot
from tinygpt_tui.widgets.sample_view import SampleView

LOOK_EVERY_S = 0.25  # a run reports about four times a second
PLOT_EVERY_S = 1.0  # curves change slowly, and drawing them blocks the keys
PARTS = ("headline", "plot", "sample", "standing", "numbers", "bar", "trouble")


class WatchScreen(Page):
    """Follows the events of one run, whichever process trains it.

    Args:
        directory: The run.
        training: The child process that trains it, when it was started here.
    """

    PLACE = TRAIN
    CSS_PATH = "watch.tcss"
    HELP_TEXT = (
        "The curves are the training and the validation loss. The horizontal lines are what counting reaches on the "
        "same text: guessing, single letters, pairs, triples, fours; a network should end below the last. Beside them "
        "stands what the model writes from the same prompt and seed at every evaluation: , and . step through all of "
        "them. Stop keeps the best weights and a checkpoint, and Resume goes on from there; the run also goes on when "
        "you leave this program. A run that is started here has low priority, so that keys are answered while it "
        "trains: beside a busy program it is slow. On the plot + and - zoom, arrows move, and 0 shows all again."
    )
    BINDINGS = [
        Binding("s", "stop", "Stop"),
        Binding("u", "resume", "Resume"),
        Binding("c", "chat", "Chat"),
        Binding("n", "new_run", "New run"),
        Binding("comma,left_square_bracket", "sample(-1)", "Earlier", key_display=","),
        Binding("full_stop,right_square_bracket", "sample(1)", "Later", key_display="."),
        Binding("0", "whole_plot", "Whole plot", show=False),
        Binding("escape", "new_run", "Back to the form", show=False),
    ]

    def __init__(self, directory: RunDirectory, training: Training | None = None) -> None:
        super().__init__()
        self.directory = directory
        self.training = training
        self.history = History()
        self.state = STARTING
        self.stopping = False
        """Whether it was asked to stop and has not ended."""
        self.niceness = 0
        """The niceness of the process that trains it."""
        self.child_lives = False
        self._follower = Follower(directory.events_file)
        self._plotted_at = 0.0
        self._plotted = "", 0
        self._drawn_state = ""
        self._written: dict[str, str] = {}
        self._looked_at = 0.0
        self._missing = True

    def body(self) -> ComposeResult:
        """Yield the widgets."""
        yield Static(id="headline")
        with Horizontal(id="views"):
            yield LossPlot(id="plot")
            yield SampleView(id="sample")
        with Vertical(id="figures"):
            yield Static(id="standing")
            with Horizontal(id="progress"):
                yield ProgressBar(total=1.0, show_eta=False, id="bar")
                yield Static(id="numbers")
            yield Static(id="trouble")

    def on_mount(self) -> None:
        """Start following the run."""
        gc.collect()  # frees the history of a long run that was watched before
        self.app.theme_changed_signal.subscribe(self, lambda _: self.draw_plot())
        self.draw()
        self.follow()

    def on_screen_resume(self) -> None:
        """Draw the curves again, since the theme may have changed on another screen."""
        self.call_after_refresh(self.draw_plot)

    def on_unmount(self) -> None:
        """Unsubscribe, so that the history is freed, and remove the folder of a run that never began."""
        self.app.theme_changed_signal.unsubscribe(self)  # the subscription holds this screen
        if self.training is not None and self.training.status is not None:
            with contextlib.suppress(OSError):
                discard_unborn(self.directory)

    @work(exclusive=True, group="follow", exit_on_error=True)
    async def follow(self) -> None:
        """Read new events and draw them for as long as the screen exists."""
        stale = True  # whether the plot is out of date
        while True:
            changed = await self.take_in()
            if self.look_at_process() or changed:
                self.draw()
                stale = True
            due = time.monotonic() - self._plotted_at >= PLOT_EVERY_S
            if stale and (due or self._plotted != (self.state, len(self.history.evaluations))):
                self.draw_plot()
                stale = False
            await asyncio.sleep(LOOK_EVERY_S)

    async def take_in(self) -> bool:
        """Read the new events, and let keys be handled in between.

        Returns:
            Whether there were any, or the history was restarted.
        """
        changed, more = False, True
        while more:
            news = await asyncio.to_thread(self._follower.read)
            if news.restarted:
                self.history = History()
            for number, event in enumerate(news.events):
                self.history.take(event)
                if number % 100 == 99:
                    await asyncio.sleep(0)
            changed = changed or news.restarted or bool(news.events)
            more, self._missing = news.more, news.missing
        return changed

    def look_at_process(self) -> bool:
        """Update the run's state from the process that trains it, at most once a second.

        Returns:
            Whether the state has changed.
        """
        before = self.state, self.niceness, self.child_lives
        now = time.monotonic()
        if now - self._looked_at < 4 * LOOK_EVERY_S and self.state != STARTING:
            return False
        self._looked_at = now
        self.state = phase(self.directory, self.training, self.history, self._missing, self.stopping)
        self.stopping = self.stopping and self.state in LIVE
        self.niceness, self.child_lives = 0, lives(self.training)
        if self.state in LIVE:
            child = self.training if self.child_lives else None
            self.niceness = niceness(child.process if child is not None else self.directory.trainer())
        return (self.state, self.niceness, self.child_lives) != before

    @property
    def is_whole(self) -> bool:
        """Whether all widgets exist; they do not if the user leaves before the first frame."""
        return all(self.query(f"#{part}") for part in PARTS)

    def draw(self) -> None:
        """Update every widget except the plot."""
        if not self.is_whole:
            return
        history = self.history
        self.write("#headline", headline(self.directory.path.name, self.state, history, self.niceness))
        known = history.config or self.state in LIVE
        words = standing(history, self.state in LIVE) if known else "This run has no events yet."
        self.write("#standing", awaited(self.directory, self.training, history) if self.state == STOPPING else words)
        self.write("#numbers", numbers(history, self.state == RUNNING, self.has_class("-wide")))
        bar = self.query_one("#bar", ProgressBar)
        progress = history.progress
        bar.update(total=1.0 if progress is not None else None, progress=progress or 0.0)
        bar.set_class(self.state not in LIVE, "-over")
        words = trouble(self.directory, self.training, history, self.state, self.size.height // 3)
        self.write("#trouble", words)
        self.query_one(SampleView).show(history.samples)
        if self.state != self._drawn_state:
            self._drawn_state = self.state
            self.refresh_bindings()

    def write(self, selector: str, text: str) -> None:
        """Update a text, without a new layout where possible: keys wait for a layout."""
        if self._written.get(selector) == text:
            return
        widget = self.query_one(selector, Static)
        before = self._written.get(selector, "")
        self._written[selector] = text
        width = max(widget.size.width, 1)
        # A single line below the width cannot wrap, so it keeps its height and needs no layout.
        fits = "\n" not in before + text and 0 < min(len(before), len(text)) <= max(len(before), len(text)) < width
        widget.update(plain(text), layout=not fits)
        if bool(before) != bool(text):
            widget.display = bool(text)

    def draw_plot(self) -> None:
        """Draw the curves."""
        if not self.is_whole:
            return
        self._plotted_at = time.monotonic()
        self._plotted = self.state, len(self.history.evaluations)
        history = self.history
        last = history.total_steps if self.state in LIVE and history.total_steps else history.step
        self.query_one(LossPlot).draw(history.train, history.validation, history.rungs, last)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the actions that are possible now."""
        del parameters
        changing = self.owner.may_change
        if action == "stop":
            orphaned = self.state == GONE and lives(self.training)
            return changing and not self.stopping and (self.state in LIVE or orphaned)
        if action == "resume":
            return changing and self.state in (INTERRUPTED, FAILED) and self.directory.config_file.is_file()
        return True

    def action_stop(self) -> None:
        """Ask the trainer to stop."""
        if not stop_run(self.directory):
            if self.training is None or not lives(self.training):
                if self.state in LIVE and self.directory.trainer() is not None:
                    self.say("You cannot stop this run: another user trains it.", failed=True)
                return
            self.training.interrupt()
        self.stopping = True
        if self.state in LIVE:
            self.state = STOPPING
        else:
            self.say("Stopping.")
        self.draw()

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Resume from the last checkpoint."""
        # A double key press calls this twice.
        if not self.check_action("resume", ()):
            return
        try:
            training = await self.resumed(self.directory)
        except (InputError, OSError) as error:
            self.complain(error)
            return
        if training is None:
            return
        self.training = training
        self.state = STARTING
        self.draw()

    def action_chat(self) -> None:
        """Chat with this run's model."""
        if self.state == GONE:
            self.say("Its weights are gone with its folder.", failed=True)
            return
        if not self.directory.best_file.is_file():
            self.say("There are no weights yet: the first are kept after the first evaluation.")
            return
        self.owner.chat_with(Choice(str(self.directory.path)))

    @property
    def subject(self) -> tuple[Choice, str] | None:
        """What Look shows if it is opened from here: this run, and what it wrote."""
        has_weights = files.kind_of(self.directory.best_file)
        return (Choice(str(self.directory.path)), "") if has_weights else None

    def action_new_run(self) -> None:
        """Go back to the form; the run goes on."""
        self.owner.leave_run()

    def on_resize(self) -> None:
        """Fit the texts to the new size."""
        if self.is_mounted:
            self.call_after_refresh(self.draw)

    def action_sample(self, way: int) -> None:
        """Step through the samples."""
        self.query_one(SampleView).step(way)

    def action_whole_plot(self) -> None:
        """Show the whole plot."""
        self.query_one(LossPlot).action_reset_scales()
