"""The application: which screen is shown, the one worker process, and what this sitting may do."""

import asyncio
import importlib
from collections.abc import Iterable, Sequence
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
from tinygpt_tui import palette, terminal
from tinygpt_tui.place import PLACES
from tinygpt_tui.places import PlacesApp
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens import screen
from tinygpt_tui.screens.home import HomeScreen
from tinygpt_tui.screens.page import Page
from tinygpt_tui.supervision import Supervisor
from tinygpt_tui.text import HarmlessFilter
from tinygpt_tui.themes import THEMES

PRELOAD_AFTER_S = 1.0  # so that the first keys come first
SITTING_FILE = ".sitting.json"  # in the runs folder: the conversation that is kept


class TinyGPTApp(PlacesApp):
    """The terminal UI.

    Args:
        runs_dir: The folder of all runs.
        run: A run to watch at once.
        model: A model to chat with at once.
        may_change: Whether runs may be started, stopped, renamed and deleted here.
        keeps_sitting: Whether the conversation is kept for the next time.
        worker: The command of the worker process, when it is not the package's own.
        trainer: The command that trains, when it is not the package's own.
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

    def on_mount(self) -> None:
        """Show the first screen, then start the worker."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        chat = screen("chat", "ChatScreen", self._first[1])
        for name, make in {"home": HomeScreen, "train": screen("train", "TrainScreen"), "chat": chat}.items():
            self.add_mode(name, make)
        self.add_mode("runs", screen("runs", "RunsScreen"))
        run, model = self._first
        self.switch_mode("chat" if model else "home")
        if run is not None:
            self.call_later(self.watch_run, run)
        self.call_after_refresh(self.serve)
        self.set_timer(PRELOAD_AFTER_S, self.preload)

    @work(exclusive=True, group="worker", exit_on_error=False)
    async def serve(self) -> None:
        """Keep a worker running; when one dies, say why and offer another."""
        from tinygpt_tui.screens.dialogs import WorkerDied

        await self.worker.run(lambda stopped: self.push_screen_wait(WorkerDied(str(stopped), stopped.log)))

    @work(exclusive=True, group="preload", exit_on_error=False)
    async def preload(self) -> None:
        """Load what draws the curves, which takes NumPy, while the first screen is read."""
        await asyncio.to_thread(importlib.import_module, "tinygpt_tui.screens.watch")

    async def on_unmount(self) -> None:
        """Leave no worker behind; a training run goes on."""
        await self.worker.close()

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that Textual would choose, without its faults."""
        return terminal.mended(super().get_driver_class())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Let nothing reach the terminal that it would obey."""
        return [HarmlessFilter(), *super().get_line_filters()]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Put every key's action into the command palette, and nothing else."""
        return palette.commands(self, screen)

    def on_command_palette_opened(self) -> None:
        """Bound what is searched for: at each key Textual goes through all searches before."""
        self.screen.query_one(Input).max_length = palette.LONGEST

    def action_start_worker(self) -> None:
        """Start the worker again, when it has died."""
        if self.worker.given_up:
            self.serve()
            if isinstance(self.screen, Page):
                self.call_later(self.screen.worker_started)

    def action_toggle_light(self) -> None:
        """Change between light and dark."""
        self.theme = next(theme.name for theme in THEMES if theme.name != self.theme)

    def action_help(self) -> None:
        """Explain the current screen."""
        if isinstance(self.screen, Page):
            self.push_screen(screen("dialogs", "Help", self.screen.HELP_TEXT, palette.keys(self, self.screen))())
