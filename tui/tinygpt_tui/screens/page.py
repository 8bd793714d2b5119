"""What all screens share: the line at the top, the keys at the bottom, and the way to the application."""

import typing
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer

from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.host import Host
from tinygpt_tui.runs.choices import kept_steps
from tinygpt_tui.widgets.navigation import Navigation


class Page(Screen[None]):
    """A screen of the application.

    Subclasses name their `PLACE` and yield their `body`.
    """

    PLACE: ClassVar[str] = ""
    AUTO_FOCUS = ""
    BINDINGS = [
        # With priority, or what is typed fast after Tab would still go to the field that is being left.
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Field before", show=False, priority=True),
    ]
    HELP_TEXT: ClassVar[str] = ""
    """What `?` says of this screen."""
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-low"), (30, "-high")]

    @property
    def owner(self) -> Host:
        """The application."""
        return typing.cast(Host, self.app)

    def compose(self) -> ComposeResult:
        """Frame the body."""
        yield Navigation(self.PLACE)
        yield from self.body()
        yield Footer(compact=True)

    def body(self) -> ComposeResult:
        """Yield what is between the top line and the keys."""
        yield from ()

    def on_navigation_chosen(self, event: Navigation.Chosen) -> None:
        """Go where one clicked."""
        self.owner.action_go(event.place)

    def worker_started(self) -> None:
        """Hear that there is a new worker."""

    def say(self, message: object, failed: bool = False) -> None:
        """Show a short message in the corner."""
        from tinygpt_keras.console import printable

        self.notify(printable(str(message)), severity="error" if failed else "information", markup=False)

    async def may_resume(self, directory: RunDirectory) -> bool:
        """Ask before a run begins anew, because it has no checkpoint to go on from."""
        from tinygpt_tui.screens.dialogs import Confirm

        if kept_steps(directory) or not directory.best_file.exists():
            return True
        question = (
            f"{directory.path.name} has no checkpoint left, so training begins again at step 0, over what it has."
        )
        return bool(await self.app.push_screen_wait(Confirm(question, "Begin again")))

    def complain(self, error: TinyGPTError | OSError) -> None:
        """Show what went wrong."""
        if isinstance(error, OSError):
            self.say(f"{error.filename or ''}: {error.strerror or error}", failed=True)
        else:
            self.say(error, failed=True)
