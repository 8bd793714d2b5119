"""The interface of the application to its screens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from textual.screen import Screen

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.worker.client import Exchange
from tinygpt_keras.worker.protocol import Request
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.training.trainer import Training


class Worker(Protocol):
    """The process that generates text, inspects predictions and exports models."""

    given_up: bool
    """Whether it has ended and the user declined a restart."""

    @property
    def is_ready(self) -> bool:
        """Whether it has started up and can answer now."""
        ...

    async def request(self, request: Request) -> Exchange:
        """Ask it for something."""
        ...


class Host(Protocol):
    """The application as its screens see it."""

    runs_dir: Path
    """The folder of all runs."""
    sitting_file: Path | None
    """Where the conversations are saved; `None` if they are not."""
    may_change: bool
    """Whether this app may start, stop, rename and delete runs."""
    trainer: Sequence[str]
    """The training command; the package's own when empty."""
    started: list[Training]
    """Every training process that this app started."""
    watched: RunDirectory | None
    """The run shown last."""
    origin: Choice | None
    """The model whose weights the form offers to start from when it is next shown."""
    helping: bool
    """Whether the help stands beside the screens."""
    exports: list[str]
    """The runs being exported."""

    @property
    def worker(self) -> Worker:
        """The worker process."""
        ...

    def list_keys(self, screen: Screen[None]) -> dict[str, list[tuple[str, str]]]:
        """List the keys of a screen, each with what it does, under headings."""
        ...

    def action_go(self, place: str) -> None:
        """Show a screen."""
        ...

    def go_back(self) -> None:
        """Show the place that this one was opened from."""
        ...

    def watch_run(self, directory: RunDirectory) -> None:
        """Show a run's curves."""
        ...

    def leave_run(self) -> None:
        """Return from a run to the training form."""
        ...

    def close_run(self) -> None:
        """Return from a run to where it was opened."""
        ...

    def resume_run(self, directory: RunDirectory, flags: Sequence[str] = ()) -> Training:
        """Resume a run in a child process, with more flags of `train`."""
        ...

    def train_from(self, choice: Choice) -> None:
        """Show the training form for a run that starts from a model's weights."""
        ...

    def chat_with(self, choice: Choice) -> None:
        """Chat with a model."""
        ...

    def look_at(self, choice: Choice, text: str = "", place: int | None = None, source: str = "") -> None:
        """Look inside a model, at a place of a text or at its end, or at what it wrote last."""
        ...

    def hand_over(self, content: str, kind: str) -> None:
        """Save text as a file, or in a browser as a download."""
        ...
