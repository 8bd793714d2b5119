"""What all screens share: the navigation bar, the footer, and access to the application."""

import gc
import typing
from functools import partial
from typing import ClassVar

from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.host import Host
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.places import Place
from tinygpt_tui.training.further import further
from tinygpt_tui.training.trainer import Training, beginning_anew
from tinygpt_tui.widgets.help_panel import BESIDE, HelpPanel, help_width
from tinygpt_tui.widgets.key_bar import KeyBar
from tinygpt_tui.widgets.navigation import Navigation

WIDTHS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]
HEIGHTS = [(0, "-flat"), (12, "-low"), (30, "-high")]
BROAD = 160, "-broad"
"""A width that some screens have another arrangement for."""


class Page(Screen[None]):
    """A screen of the application.

    Subclasses set `PLACE` and override `body`. A page on top of another one belongs to the same place.
    """

    PLACE: ClassVar[Place | None] = None
    """The place that this screen belongs to; the start screen belongs to none."""
    AUTO_FOCUS = ""
    BINDINGS = [
        # Without priority, keys typed right after Tab would still reach the field that loses the focus.
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Field before", show=False, priority=True),
    ]
    HELP_TEXT: ClassVar[str] = ""
    """The text that `?` shows."""
    _before_help: Widget | None = None
    """What had the focus before the help covered it."""
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    @property
    def owner(self) -> Host:
        """The application."""
        return typing.cast(Host, self.app)

    def compose(self) -> ComposeResult:
        """Yield the navigation bar, the body and the footer."""
        yield Navigation(self.PLACE)
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """Yield the widgets between the navigation bar and the footer."""
        yield from ()

    @property
    def subject(self) -> Subject | None:
        """What Look shows if opened from here; `None` leaves it as it was."""
        return None

    @property
    def unlearned(self) -> str:
        """The name of the run that is shown here and has no weights yet, which Look could show; or nothing."""
        return ""

    def on_screen_suspend(self) -> None:
        """Forget the footer's earlier keys: it makes new ones at every change of focus, and drops the old ones here."""
        for footer in self.query(KeyBar):
            footer.mutate_reactive(KeyBar.compact)
        forget_drawings()
        if not self.app.is_headless:  # as in tests, which have far more than this program in memory
            self.app.call_after_refresh(gc.collect)  # once the next screen is drawn

    def on_screen_resume(self) -> None:
        """Show the help here, too, if it was open on the screen before."""
        if self.owner.helping != (self.help_panel is not None):
            self.call_after_refresh(self.show_help)

    def on_resize(self) -> None:
        """Fit the help into the new size, and draw for it."""
        self.call_after_refresh(self.fitted)
        if self.help_panel is not None:
            self.call_next(self.fit_help)  # once Textual has set the classes of the whole size

    @property
    def help_panel(self) -> HelpPanel | None:
        """The help beside this screen, if it is open."""
        return next((panel for panel in self.query_children(HelpPanel) if panel.is_attached), None)

    def show_help(self) -> None:
        """Open or close the help beside this screen, as the application says."""
        panel = self.help_panel
        if self.owner.helping and panel is None:
            self._before_help = self.focused
            self.mount(HelpPanel(self.HELP_TEXT, partial(self.owner.list_keys, self)))
            self.fit_help()
        elif not self.owner.helping and panel is not None:
            if self.focused is panel:
                self.set_focus(self._before_help)
            self._before_help = None
            panel.remove()
            self.fit_classes(self.app.size.width)
        self.refresh_bindings()

    def fit_help(self) -> None:
        """Divide the width between the screen and its help."""
        if (panel := self.help_panel) is not None:
            width = self.app.size.width
            panel.fit(width)
            if width >= BESIDE and self.focused is panel:
                self.set_focus(self._before_help)
            self.fit_classes(width - help_width(width) if width >= BESIDE else width)

    def fit_classes(self, width: int) -> None:
        """Set the classes of a width, such as `-narrow`: Textual knows that of the whole terminal only."""
        names = {name: width >= least for least, name in self.HORIZONTAL_BREAKPOINTS or ()}
        widest = [name for name, fits in names.items() if fits][-1:]
        self.update_classes({name: name in widest for name in names}, animate=False)
        self.call_after_refresh(self.fitted)

    def fitted(self) -> None:
        """Draw for another size, of the terminal or beside the help; by default, nothing is left to do."""

    def on_unmount(self) -> None:
        """Forget what this screen drew."""
        forget_drawings()

    def on_navigation_chosen(self, event: Navigation.Chosen) -> None:
        """Go to the clicked screen."""
        self.owner.action_go(event.place)

    def is_working(self, group: str) -> bool:
        """Whether a worker of this group has not ended."""
        return any(worker.group == group and not worker.is_finished for worker in self.workers)

    def worker_started(self) -> None:
        """React to a new worker; by default, do nothing."""

    def say(self, message: object, failed: bool = False) -> None:
        """Show a notification."""
        from tinygpt_keras.console import printable

        self.notify(printable(str(message)), severity="error" if failed else "information", markup=False)

    async def resumed(self, directory: RunDirectory, is_finished: bool = False) -> Training | None:
        """Resume a run; ask first where training would start over, and how far to train one that is finished.

        Args:
            directory: The run.
            is_finished: Whether it has reached its end.

        Returns:
            Its training process; `None` if the user declined.

        Raises:
            InputError: When the run is already being trained, or cannot be trained further.
            OSError: When the process cannot be started.
        """
        from tinygpt_tui.screens.dialogs import Ask, Confirm

        more = further(directory) if is_finished else None
        question, flags = beginning_anew(directory)
        if question and not await self.app.push_screen_wait(Confirm(question, "Begin again")):
            return None
        if more is not None:
            answer = await self.app.push_screen_wait(Ask(more.question, more.proposal, more.flags))
            if answer is None:
                return None
            flags = [*flags, *more.flags(answer)]
        return self.owner.resume_run(directory, flags)

    def complain(self, error: TinyGPTError | OSError) -> None:
        """Show an error as a notification."""
        if isinstance(error, OSError):
            self.say(f"{error.filename or ''}: {error.strerror or error}", failed=True)
        else:
            self.say(error, failed=True)


def forget_drawings() -> None:
    """Clear a cache of Textual 8 that keeps the last thousand widgets alive, megabytes for each screen.

    It caches the two background colours of a widget under a key that holds all that the widget drew.
    """
    StylesCache.get_inner_outer.cache_clear()
