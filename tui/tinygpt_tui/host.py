"""What a screen needs of the application that shows it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.worker.client import Exchange
from tinygpt_keras.worker.protocol import Request
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.training.trainer import Training


class Worker(Protocol):
    """The process that writes, inspects and exports."""

    given_up: bool
    """It has ended, and no other was wanted."""

    @property
    def is_ready(self) -> bool:
        """Whether it answers at once."""
        ...

    async def request(self, request: Request) -> Exchange:
        """Ask it for something."""
        ...


class Host(Protocol):
    """The application, as its screens know it."""

    runs_dir: Path
    """The folder of all runs."""
    sitting_file: Path | None
    """Where the conversation is kept, if it is."""
    may_change: bool
    """Whether runs may be started, stopped, renamed and deleted here."""
    trainer: Sequence[str]
    """The command that trains, when it is not the package's own."""
    started: list[Training]
    """Every child that was started here."""
    watched: RunDirectory | None
    """The run whose curves were shown last."""
    origin: Choice | None
    """The model that the form is asked to begin from when it is next shown."""
    exports: list[str]
    """The runs that are being exported."""

    @property
    def worker(self) -> Worker:
        """The one worker."""
        ...

    def action_go(self, place: str) -> None:
        """Show a screen."""
        ...

    def watch_run(self, directory: RunDirectory) -> None:
        """Show a run's curves."""
        ...

    def leave_run(self) -> None:
        """Go back from a run to the form."""
        ...

    def resume_run(self, directory: RunDirectory) -> Training:
        """Continue a run as a child."""
        ...

    def train_from(self, choice: Choice) -> None:
        """Show the form of a run that begins with a model's weights."""
        ...

    def chat_with(self, choice: Choice) -> None:
        """Chat with a model."""
        ...

    def hand_over(self, content: str, kind: str) -> None:
        """Save a text as a file, or in a browser as a download."""
        ...
