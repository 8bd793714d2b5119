"""Navigation between screens, and quitting."""

import contextlib
from collections.abc import Sequence

from rich.console import RenderableType
from textual._context import active_message_pump
from textual.screen import Screen

from tinygpt_keras.console import printable
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.delivery import DeliveringApp
from tinygpt_tui.places import CHAT, HOME, LOOK, TRAIN
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens import watch_screen
from tinygpt_tui.screens.page import Page
from tinygpt_tui.training.trainer import Training, discard_unborn, lives, resume_run, still_training


class SwitchingApp(DeliveringApp):
    """An application that navigates between its screens, and shows runs and models in them."""

    def __init__(self) -> None:
        super().__init__()
        self.watched: RunDirectory | None = None
        self.started: list[Training] = []
        """Every training process that this app started."""
        self.origin: Choice | None = None
        """The model whose weights the form offers to start from when it is next shown."""
        self.exports: list[str] = []
        """The runs being exported."""
        self._question: Screen[bool] | None = None
        self._came_from: dict[str, str] = {}
        """For each place the one that it was opened from."""
        self._is_over_form = True
        """Whether the watched run was opened from the form."""
        self.trainer: Sequence[str] = ()
        """The training command; the package's own when empty."""

    def action_go(self, place: str) -> None:
        """Show a screen."""
        page = self.screen if isinstance(self.screen, Page) and place == LOOK.name else None
        subject, unlearned = (page.subject, page.unlearned) if page is not None else (None, "")
        if place != self.current_mode:
            self._came_from[place] = self.current_mode
            self._is_over_form = self._is_over_form and place != TRAIN.name
        self.switch_mode(place)
        if subject is not None:
            self.look_at(*subject)
        elif unlearned:
            from tinygpt_tui.screens.look import LookScreen

            if isinstance(self.screen, LookScreen):
                self.screen.stand_in_for(unlearned)

    def _come_to(self, place: str) -> None:
        """Show a place, and remember from where."""
        if place != self.current_mode:
            self._came_from[place] = self.current_mode
            self.switch_mode(place)

    def go_back(self) -> None:
        """Show the place that this one was opened from."""
        # Forgotten once used, so that two places that were opened from each other lead to the start screen.
        self.switch_mode(self._came_from.pop(self.current_mode, HOME))

    async def action_quit(self) -> None:
        """Quit; ask first if that would abort an export, and quit at once when pressed again."""
        from tinygpt_tui.screens.dialogs import Confirm

        if not self.exports or self.screen is self._question:
            self.exit()
            return
        self._question = Confirm(f"Quitting ends the export of {', '.join(self.exports)}.", "Quit")
        self.push_screen(self._question, lambda sure: self.exit() if sure else None)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Quit, print which runs go on, and remove the folders of runs that never began.

        Args:
            result: Unused.
            return_code: The exit status, unless an earlier one is set.
            message: Printed after the UI has closed.
        """
        if self.return_code is None:
            message = message or printable(still_training(self.started), keep="\n") or None
        for training in self.started:
            if not lives(self.training_of(training.directory)):
                with contextlib.suppress(OSError):
                    discard_unborn(training.directory)
        super().exit(result, self.return_code or return_code, message)

    def _handle_exception(self, error: Exception) -> None:
        # Once the app exits, Textual composes nothing: a screen that is just opening would fail without its widgets.
        if not self._exit or active_message_pump.get(None) is self:
            super()._handle_exception(error)

    def training_of(self, directory: RunDirectory) -> Training | None:
        """Return a run's training process if it is alive or failed to start; how others ended is in the history."""
        children = [child for child in self.started if child.directory.path == directory.path]
        return next((child for child in children[::-1] if lives(child) or not directory.config_file.exists()), None)

    def resume_run(self, directory: RunDirectory, flags: Sequence[str] = ()) -> Training:
        """Resume a run in a child process, unless one of this app's trains it or is still starting.

        Args:
            directory: The run.
            flags: More flags of `train`.

        Returns:
            The process.

        Raises:
            InputError: When the run is already being trained.
            OSError: When the child cannot be started.
        """
        if lives(self.training_of(directory)):
            raise InputError(f"{directory.path.name} is training already. Watch it, or stop it first.")
        training = resume_run(directory, flags, self.trainer)
        self.started.append(training)
        return training

    def watch_run(self, directory: RunDirectory) -> None:
        """Show a run's curves."""
        self._is_over_form = self.current_mode == TRAIN.name
        if not self._is_over_form:
            self._came_from[TRAIN.name] = self.current_mode
        self.switch_mode(TRAIN.name)
        self.leave_run()
        self.watched = directory
        self.push_screen(watch_screen(directory, self.training_of(directory)))

    def leave_run(self) -> None:
        """Return from a run to the top of the training form."""
        if self._leave_upper_page():
            self.screen.query("#task").focus()

    def close_run(self) -> None:
        """Return from a run to where it was opened, or to the place from which one came to it."""
        is_over_form, self._is_over_form = self._is_over_form, True
        self.leave_run()
        if not is_over_form:
            self.go_back()

    def _leave_upper_page(self) -> bool:
        """Return from a page to the one under it, if it is on top of one."""
        is_upper = isinstance(self.screen, Page) and len(self.screen_stack) > 1
        if is_upper:
            self.pop_screen()
        return is_upper

    def train_from(self, choice: Choice) -> None:
        """Show the training form for a run that starts from a model's weights."""
        self.origin = choice
        self._come_to(TRAIN.name)
        self.leave_run()

    def chat_with(self, choice: Choice) -> None:
        """Chat with a model."""
        from tinygpt_tui.screens.chat import ChatScreen

        self._come_to(CHAT.name)
        self._leave_upper_page()
        if isinstance(self.screen, ChatScreen):
            self.screen.choose(choice)

    def look_at(self, choice: Choice, text: str = "", place: int | None = None, source: str = "") -> None:
        """Look inside a model, at a place of a text or at its end, or at what it wrote last."""
        from tinygpt_tui.screens.look import LookScreen

        if self.current_mode != LOOK.name:
            self._came_from[LOOK.name] = self.current_mode
            self.switch_mode(LOOK.name)
        if isinstance(self.screen, LookScreen):
            self.screen.look_at(choice, text, place, source)
