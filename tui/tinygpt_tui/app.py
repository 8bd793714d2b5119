"""The application: its screens, its worker process, and its permissions."""

import asyncio
import gc
import importlib
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from tinygpt_keras.runs.directory import RUNS_DIR, RunDirectory
from tinygpt_tui import palette, screens, terminal
from tinygpt_tui.host import Host
from tinygpt_tui.places import CHAT, HOME, LEARN, LOOK, PLACES, RUNS, TRAIN
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.page import Page
from tinygpt_tui.supervision import Supervisor
from tinygpt_tui.switching import SwitchingApp
from tinygpt_tui.text import HarmlessFilter
from tinygpt_tui.themes import THEMES

PRELOAD_AFTER_S = 1.0  # keeps the import from delaying the first keys
SITTING_FILE = ".sitting.json"  # in the runs folder: the saved conversations


class TinyGPTApp(SwitchingApp):
    """The terminal UI.

    Args:
        runs_dir: The folder of all runs.
        run: A run to watch at start-up.
        model: A model to chat with at start-up.
        may_change: Whether this app may start, stop, rename and delete runs.
        keeps_sitting: Whether to save the conversations for the next session.
        worker: The command of the worker process; the package's own by default.
        trainer: The training command; the package's own when empty.
    """

    TITLE = "tinygpt"
    CSS_PATH = "app.tcss"
    BINDINGS = [
        Binding("f1,question_mark", "help", "Help", key_display="F1"),
        *(
            Binding(f"{p.key},{p.digit}", f"go('{p.name}')", p.title, show=False, key_display=p.key.upper())
            for p in PLACES
        ),
        Binding("f9", "toggle_light", "Light/dark", show=False, key_display="F9"),
        Binding("ctrl+q", "quit", "Quit", key_display="^q", priority=True),
        # Only while the help is open: before a screen's own, and before those of a list that has the focus.
        Binding("escape", "close_help", "Close the help", key_display="esc", show=False, priority=True),
        Binding("pageup", "scroll_help(-1)", "Scroll the help", key_display="PgUp", show=False, priority=True),
        Binding("pagedown", "scroll_help(1)", "Scroll the help on", key_display="PgDn", show=False, priority=True),
    ]

    def __init__(
        self,
        runs_dir: Path = RUNS_DIR,
        run: RunDirectory | None = None,
        model: Choice | None = None,
        may_change: bool = True,
        keeps_sitting: bool = True,
        worker: Sequence[str] | None = None,
        trainer: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.runs_dir = runs_dir
        self.may_change = may_change
        self.sitting_file = runs_dir / SITTING_FILE if keeps_sitting else None
        self.worker = Supervisor(worker)
        self._first = run, model
        self.trainer = trainer
        self.helping = False
        """Whether the help stands beside the screens."""
        self._lists_keys = False

    def on_mount(self) -> None:
        """Show the first screen, then start the worker."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        run, model = self._first
        self.add_mode(HOME, screens.home_screen)
        places = {
            TRAIN: screens.train_screen,
            CHAT: partial(screens.chat_screen, model),
            RUNS: screens.runs_screen,
            LOOK: screens.look_screen,
            LEARN: screens.learn_screen,
        }
        for place, make in places.items():
            self.add_mode(place.name, make)
        self.switch_mode(CHAT.name if model else HOME)
        if run is not None:
            self.call_later(self.watch_run, run)
        self.call_after_refresh(self.serve)
        self.set_timer(PRELOAD_AFTER_S, self.preload)

    @work(exclusive=True, group="worker", exit_on_error=False)
    async def serve(self) -> None:
        """Keep a worker running; when it dies, show why and offer to restart it."""
        from tinygpt_tui.screens.dialogs import WorkerDied

        await self.worker.run(lambda stopped: self.push_screen_wait(WorkerDied(str(stopped), stopped.log)))

    @work(exclusive=True, group="preload", exit_on_error=False)
    async def preload(self) -> None:
        """Import the screen that draws the curves, which needs NumPy, while the user reads the first screen."""
        await asyncio.to_thread(importlib.import_module, "tinygpt_tui.screens.watch")
        if not self.is_headless:
            gc.freeze()  # what is loaded by now stays, and need not be searched for garbage

    async def on_unmount(self) -> None:
        """End the worker; training runs go on."""
        await self.worker.close()

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that Textual would choose, with its bugs worked around."""
        return terminal.mended(super().get_driver_class())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Add a filter that removes control characters from everything drawn."""
        return [HarmlessFilter(), *super().get_line_filters()]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return the commands of the palette: the actions of all keys."""
        return palette.commands(self, screen)

    def on_command_palette_opened(self) -> None:
        """Limit the length of a search: at each key Textual goes through all earlier searches."""
        self.screen.query_one(Input).max_length = palette.LONGEST

    def action_start_worker(self) -> None:
        """Restart the worker if it has died."""
        if self.worker.given_up:
            self.serve()
            if isinstance(self.screen, Page):
                self.call_later(self.screen.worker_started)

    def action_toggle_light(self) -> None:
        """Switch between the light and the dark theme."""
        self.theme = next(theme.name for theme in THEMES if theme.name != self.theme)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to close and to scroll the help where it is open, and no field that it covers."""
        panel = self.screen.help_panel if isinstance(self.screen, Page) else None
        if action in ("close_help", "scroll_help"):
            return panel is not None and not self._lists_keys
        if action in ("focus_next", "focus_previous"):
            return panel is None or not panel.covers_all
        return super().check_action(action, parameters)

    def list_keys(self, screen: Screen[Any]) -> dict[str, list[tuple[str, str]]]:
        """List the keys of a screen, as they are without the help beside it."""
        self._lists_keys = True
        try:
            return palette.keys(self, screen)
        finally:
            self._lists_keys = False

    def action_help(self) -> None:
        """Explain the current screen beside it, and every one that is shown next; or stop that."""
        if isinstance(self.screen, Page):
            self.helping = not self.helping
            self.screen.show_help()

    def action_close_help(self) -> None:
        """Close the help."""
        self.helping = False
        if isinstance(self.screen, Page):
            self.screen.show_help()

    def action_scroll_help(self, way: int) -> None:
        """Scroll the help by pages, down or (negative) up."""
        if isinstance(self.screen, Page) and (panel := self.screen.help_panel) is not None:
            (panel.scroll_page_down if way > 0 else panel.scroll_page_up)(animate=False)


def as_host(app: TinyGPTApp) -> Host:
    """Return an application as its screens know it; a type checker compares the two here."""
    return app
