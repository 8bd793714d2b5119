"""Following a run: its events, its process, and what that process costs the machine."""

import asyncio
import contextlib
import gc
import time

from textual import work

from tinygpt_keras import files
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.places import TRAIN
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.follower import Follower
from tinygpt_tui.runs.history import History
from tinygpt_tui.runs.log import LogFollower
from tinygpt_tui.screens.page import Page
from tinygpt_tui.training.beginning import Beginning
from tinygpt_tui.training.load import Load, Meter
from tinygpt_tui.training.phase import LIVE, STARTING, phase
from tinygpt_tui.training.trainer import Training, discard_unborn, lives, niceness

LOOK_EVERY_S = 0.25  # a run reports about four times a second
PLOT_EVERY_S = 1.0  # curves change slowly, and drawing them blocks the keys
SECOND_S = 1.0  # between two looks at the process, the load and the log


class FollowingPage(Page):
    """Knows a run's history, its state and its process; its subclass draws them.

    Args:
        directory: The run.
        training: The child process that trains it, when it was started here.
    """

    PLACE = TRAIN

    def __init__(self, directory: RunDirectory, training: Training | None = None) -> None:
        super().__init__()
        self.directory = directory
        self.training = training
        self.history = History()
        self.beginning = Beginning(directory)
        self.state = STARTING
        self.stopping = False
        """Whether it was asked to stop and has not ended."""
        self.process: int | None = None
        """The id of the process that trains it."""
        self.niceness = 0
        """That process's niceness."""
        self.child_lives = False
        self.others = 0.0
        """Percent of all cores that other programs take, as was measured last."""
        self._follower = Follower(directory.events_file)
        self._log = LogFollower(directory.log_file)
        self._meter = Meter()
        self._plotted_at = 0.0
        self._plotted = "", 0
        self._looked_at = 0.0
        self._missing = True

    def draw(self) -> None:
        """Show the state and the history, except the curves."""

    def draw_plot(self) -> None:
        """Show the curves."""

    def show_load(self, load: Load) -> None:
        """Show the load of the machine."""

    def show_log(self, text: str) -> None:
        """Show the last lines of the log."""

    @property
    def has_points(self) -> bool:
        """Whether there is a loss to draw."""
        return bool(self.history.train.steps or self.history.validation.steps)

    @property
    def subject(self) -> Subject | None:
        """What Look shows if it is opened from here: this run, and what it wrote."""
        has_weights = files.kind_of(self.directory.best_file)
        return Subject(Choice(str(self.directory.path))) if has_weights else None

    @property
    def unlearned(self) -> str:
        """This run's name, while it has no weights to look at."""
        return "" if self.subject is not None else self.directory.path.name

    @property
    def waited_s(self) -> float:
        """For how many seconds the first evaluation has been awaited."""
        begun = self.history.firsts.get("start")
        return time.time() - begun if begun is not None and not self.has_points else 0.0

    @property
    def wants_load(self) -> bool:
        """Whether the load is in sight."""
        return False

    @property
    def wants_log(self) -> bool:
        """Whether the log is in sight."""
        return False

    def on_mount(self) -> None:
        """Start following the run."""
        gc.collect()  # frees the history of a long run that was watched before
        self.draw()
        self.follow()
        self.measure()

    def on_unmount(self) -> None:
        """Remove the folder of a run that never began."""
        if self.training is not None and self.training.status is not None:
            with contextlib.suppress(OSError):
                discard_unborn(self.directory)

    @work(exclusive=True, group="follow", exit_on_error=True)
    async def follow(self) -> None:
        """Read new events for as long as the screen exists, and draw them while nothing is above it.

        A dialog shows the screen below it dimmed, and all of it would be dimmed again at every change.
        """
        changed, stale = False, True  # whether the texts and the plot are out of date
        while True:
            changed = await self.take_in() or changed
            changed = self.look_at_process() or changed
            if changed and self.is_current:
                self.draw()
                changed, stale = False, True
            due = time.monotonic() - self._plotted_at >= PLOT_EVERY_S
            is_due = due or self._plotted != (self.state, len(self.history.evaluations))
            if stale and is_due and self.is_current:
                self._plotted_at = time.monotonic()
                self._plotted = self.state, len(self.history.evaluations)
                self.draw_plot()
                stale = False
            await asyncio.sleep(LOOK_EVERY_S)

    @work(exclusive=True, group="measure", exit_on_error=True)
    async def measure(self) -> None:
        """Measure the load and read the log once a second, while they are in sight."""
        while True:
            if self.is_current and self.wants_load:
                self.show_load(await asyncio.to_thread(self._meter.read, self.process))
            if self.is_current:
                await self.read_log()
            await asyncio.sleep(SECOND_S)

    async def read_log(self, anew: bool = False) -> None:
        """Show the log if it is in sight and has changed.

        Args:
            anew: Whether to show it even if it has not changed.
        """
        if anew:
            self._log = LogFollower(self.directory.log_file)
        if self.wants_log and (text := await asyncio.to_thread(self._log.read)) is not None:
            self.show_log(text)

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
            Whether what is shown has changed.
        """
        before = self.state, self.niceness, self.child_lives, self.doing
        now = time.monotonic()
        if now - self._looked_at < SECOND_S and self.state != STARTING:
            return False
        self._looked_at = now
        self.state = phase(self.directory, self.training, self.history, self._missing, self.stopping)
        self.stopping = self.stopping and self.state in LIVE
        self.niceness, self.process, self.child_lives = 0, None, lives(self.training)
        if self.state in LIVE:
            child = self.training if self.child_lives else None
            self.process = child.process if child is not None else self.directory.trainer()
            self.niceness = niceness(self.process)
            self.beginning.look(child, self.history)
        self.doing = self.beginning.doing(time.time()) if self.state in LIVE else ""
        return (self.state, self.niceness, self.child_lives, self.doing) != before

    doing = ""
    """What the trainer does before its first steps, and for how long."""
