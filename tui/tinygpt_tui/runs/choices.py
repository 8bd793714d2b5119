"""The models available for chat: every run's best weights and checkpoints, and the pretrained model."""

from pathlib import Path
from typing import NamedTuple

from tinygpt_keras.runs.checkpoints import complete_checkpoints
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_tui.runs.summary import list_runs


class Choice(NamedTuple):
    """A model: a run's best weights (`step` is `None`) or its checkpoint at a step."""

    path: str
    step: int | None = None

    @property
    def label(self) -> str:
        """The name that lists show."""
        if Path(self.path) == pretrained_run().path:
            return "the pretrained model"
        name = Path(self.path).name
        return f"{name}, best" if self.step is None else f"{name} at step {self.step:,}"


def list_choices(runs_dir: Path, further: Choice | None = None) -> list[Choice]:
    """List all models available for chat.

    Args:
        runs_dir: The folder of all runs.
        further: A model outside that folder, to list first.

    Returns:
        The runs' best weights, newest run first, then the pretrained model, then the runs' checkpoints.
    """
    directories = [summary.directory for summary in list_runs(runs_dir) if summary.can_write]
    choices = [further] if further else []
    choices += [Choice(str(directory.path)) for directory in (*directories, pretrained_run())]
    choices += [Choice(str(directory.path), step) for directory in directories for step in kept_steps(directory)]
    return list(dict.fromkeys(choices))


def kept_steps(directory: RunDirectory) -> list[int]:
    """List the steps of a run's checkpoints, newest first."""
    try:
        return [int(path.name) for path in complete_checkpoints(directory.checkpoints)]
    except OSError:
        return []
