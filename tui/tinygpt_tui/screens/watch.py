"""A run, live or finished: its curves, its pinned sample, its state and the actions on it."""

import sys
import time

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.summary import FAILED, FINISHED, INTERRUPTED, RUNNING
from tinygpt_tui.screens.following import FollowingPage
from tinygpt_tui.text import plain
from tinygpt_tui.training.beginning import facts
from tinygpt_tui.training.load import Load
from tinygpt_tui.training.phase import GONE, LIVE, STARTING, STOPPING, awaited, trouble
from tinygpt_tui.training.standing import figures, headline, numbers, standing
from tinygpt_tui.training.trainer import Training, lives, stop_run
from tinygpt_tui.widgets.architecture_view import ArchitectureView
from tinygpt_tui.widgets.beginning_view import BeginningView
from tinygpt_tui.widgets.figures import Figures
from tinygpt_tui.widgets.load_view import LoadView
from tinygpt_tui.widgets.log_view import LogView
from tinygpt_tui.widgets.loss_plot import LossPlot
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.panel import hints
from tinygpt_tui.widgets.sample_view import SampleView

WRAPPED = 12  # columns that stay free where a sentence is wrapped into two lines


class WatchScreen(FollowingPage):
    """Shows a run, whichever process trains it."""

    CSS_PATH = "watch.tcss"
    HELP_TEXT = (
        "The curves are the training and the validation loss. The horizontal lines are what counting reaches on the "
        "same text: guessing, single letters, pairs, triples, fours; a network should end below the last. + and - "
        "zoom the plot towards its newest point, 0 shows all of it again; the arrows move it once Tab has led to it. "
        "Beside it stands what the model writes from the same prompt and seed, at every evaluation and every fifteen "
        "seconds between: , and . step through all of them. g shows the log of the training process instead, m the "
        "load of the machine where there is no room for both. Stop keeps the best weights and a checkpoint, and "
        "Resume goes on from there; for a finished run it asks how much further. A run also goes on when you leave "
        "this program. One that is started here has low priority, so that keys are answered while it trains: beside a "
        "busy program it is slow. Escape goes back."
    )
    BINDINGS = [
        Binding("s", "stop", "Stop"),
        Binding("u", "resume", "Resume"),
        Binding("u", "further", "Train further"),
        Binding("c", "chat", "Chat"),
        Binding("g", "log", "Log"),
        Binding("m", "machine", "Machine"),
        Binding("n", "new_run", "New run"),
        Binding("comma,left_square_bracket", "sample(-1)", "Earlier", key_display=",", show=False),
        Binding("full_stop,right_square_bracket", "sample(1)", "Later", key_display=".", show=False),
        Binding("plus,equals_sign", "zoom(1)", "Closer", key_display="+", show=False),
        Binding("minus", "zoom(-1)", "Farther", key_display="-", show=False),
        Binding("0", "whole_plot", "Whole plot", show=False),
        Binding("escape", "back", "Back", key_display="esc"),
    ]

    def __init__(self, directory: RunDirectory, training: Training | None = None) -> None:
        super().__init__(directory, training)
        self._drawn_state = ""
        self._written: dict[str, str] = {}

    def body(self) -> ComposeResult:
        """Yield the widgets."""
        yield OneLine(id="headline")
        with Horizontal(id="views"):
            yield LossPlot(id="plot")
            yield BeginningView(id="beginning")
            yield ArchitectureView(id="drawing")
            yield SampleView(id="sample")
            yield LogView(id="log")
        with Horizontal(id="below"):
            with Vertical(id="figures", classes="panel") as progress:
                progress.border_title = "progress"
                yield Static(id="standing")
                with Horizontal(id="progress"):
                    yield ProgressBar(total=1.0, show_eta=False, id="bar")
                    yield OneLine(id="numbers")
                yield Figures(id="table")
                yield Static(id="trouble")
            yield LoadView(id="load")

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.draw_plot())

    def on_screen_resume(self) -> None:
        """Draw again, since the theme may have changed on another screen, and nothing was drawn meanwhile."""
        self.draw()
        self.call_after_refresh(self.draw_plot)

    def on_unmount(self) -> None:
        """Unsubscribe, so that the history is freed."""
        self.app.theme_changed_signal.unsubscribe(self)  # the subscription holds this screen

    @property
    def is_whole(self) -> bool:
        """Whether all widgets exist; they do not if the user leaves before the first frame."""
        return len(self.query("#headline, #log-text, #sample-text, #trouble, #load-text, #stages, #bar Bar")) == 7

    def draw(self) -> None:
        """Update every widget except the plot and the load."""
        if not self.is_whole:
            return
        history, is_live, is_running = self.history, self.state in LIVE, self.state == RUNNING
        self.set_class(not is_live, "-over")
        line = headline(self.directory.path.name, self.state, history, self.niceness, self.doing)
        self.query_one("#headline", OneLine).show(line)
        room = 2 * self.size.width - WRAPPED if self.has_class("-low") or self.has_class("-flat") else sys.maxsize
        words = standing(history, is_live, room, self.waited_s, self.others)
        words = words if history.config or is_live else "This run has no events yet."
        self.write("#standing", awaited(self.directory, self.training, history) if self.state == STOPPING else words)
        self.query_one("#numbers", OneLine).show(numbers(history, is_running))
        self.query_one(Figures).show(figures(history, is_live, is_running))
        self.query_one("#figures").border_subtitle = self.ways_on
        bar, progress = self.query_one("#bar", ProgressBar), history.progress
        if progress is None and not is_live:  # of a length in minutes only a live run says how far it is
            progress = float(self.state == FINISHED)
        bar.update(total=1.0 if progress is not None else None, progress=progress or 0.0)
        bar.set_class(not is_live, "-over")
        lines = self.size.height // (8 if self.has_class("-high") else 3)
        wrong = trouble(self.directory, self.training, history, self.state, lines)
        self.write("#trouble", wrong)
        self.set_class(bool(wrong), "-trouble")
        self.set_class(self.has_points, "-drawn")
        self.set_class(is_live and self._looked_at > 0, "-live")
        plan = self.beginning.plan
        self.set_class(plan is not None and is_live and not self.has_points, "-planned")
        if not self.has_points:
            stages = self.beginning.stages(time.time()) if is_live else []
            self.query_one(BeginningView).show(stages, facts(history, plan), words)
            self.query_one(ArchitectureView).show(plan.model if plan is not None else None)
        self.query_one(SampleView).show(history.samples)
        if self.state != self._drawn_state:
            self._drawn_state = self.state
            self.refresh_bindings()

    @property
    def ways_on(self) -> Content:
        """The keys that do something with what was trained."""
        further = [("u", "train further")] if self.check_action("further", ()) else []
        return hints(*further, *([("F8", "look inside")] if self.subject is not None else []))

    def write(self, selector: str, text: str) -> None:
        """Update a text; a new layout, which keys wait for, is for those whose height follows it."""
        before = self._written.get(selector, "")
        if before == text:
            return
        self._written[selector] = text
        widget = self.query_one(selector, Static)
        height = widget.styles.height
        widget.update(plain(text), layout=height is not None and height.is_auto)

    def draw_plot(self) -> None:
        """Draw the curves."""
        if not self.is_whole or not self.has_points:
            return
        history = self.history
        last = history.total_steps if self.state in LIVE and history.total_steps else history.step
        self.query_one(LossPlot).draw(history.train, history.validation, history.rungs, last)

    def show_load(self, load: Load) -> None:
        """Show the load of the machine."""
        self.others = load.others
        if self.is_whole:
            self.query_one(LoadView).add(load, self.history.device, self.state in LIVE)

    def show_log(self, text: str) -> None:
        """Show the last lines of the log."""
        self.query_one(LogView).show(text)

    @property
    def wants_log(self) -> bool:
        """Whether the log is in sight."""
        return self.has_class("-log")

    @property
    def is_roomy(self) -> bool:
        """Whether the load has a place of its own."""
        return self.state in LIVE and self.has_class("-wide") and self.has_class("-high")

    @property
    def wants_load(self) -> bool:
        """Whether the load is in sight."""
        return self.is_roomy or self.has_class("-machine")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the actions that are possible now."""
        del parameters
        changing = self.owner.may_change
        if action == "stop":
            orphaned = self.state == GONE and lives(self.training)
            return changing and not self.stopping and (self.state in LIVE or orphaned)
        if action in ("resume", "further"):
            ended = self.state in ((INTERRUPTED, FAILED) if action == "resume" else (FINISHED,))
            return changing and ended and self.directory.config_file.is_file()
        return action != "machine" or not self.is_roomy

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

    def action_further(self) -> None:
        """Ask how far a finished run shall train, and resume it."""
        self.action_resume()

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Resume from the last checkpoint; ask how far where the run is finished."""
        # A double key press calls this twice.
        if not self.is_current or not any(self.check_action(action, ()) for action in ("resume", "further")):
            return
        try:
            training = await self.resumed(self.directory, self.state == FINISHED)
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

    def action_new_run(self) -> None:
        """Go to the form; the run goes on."""
        self.owner.leave_run()

    def action_back(self) -> None:
        """Close what was opened beside the curves, or else go back to where this run was opened from."""
        if self.has_class("-log"):
            self.set_focus(None)
        opened = [name for name in ("-log", "-machine", "-side") if self.has_class(name)]
        self.remove_class(*opened)
        if not opened or (opened == ["-side"] and not self.has_class("-tiny")):
            self.owner.close_run()

    async def action_log(self) -> None:
        """Show the log in place of the samples, or the samples again."""
        self.toggle_class("-log")
        self.set_class(self.wants_log, "-side")
        self.set_focus(self.query_one(LogView) if self.wants_log else None)
        await self.read_log(anew=True)

    def action_machine(self) -> None:
        """Show the load of the machine in place of the figures, or the figures again."""
        self.toggle_class("-machine")

    def action_sample(self, way: int) -> None:
        """Step through the samples."""
        self.remove_class("-log")
        self.add_class("-side")
        self.query_one(SampleView).step(way)

    def action_zoom(self, way: int) -> None:
        """Zoom the plot in (1) or out (-1)."""
        self.remove_class("-side", "-log")
        if self.has_points:
            self.query_one(LossPlot).zoom(way)

    def action_whole_plot(self) -> None:
        """Show the whole plot."""
        self.remove_class("-side", "-log")
        self.query_one(LossPlot).action_reset_scales()

    def fitted(self) -> None:
        """Fit the texts to the new size."""
        self.draw()
        self.refresh_bindings()
