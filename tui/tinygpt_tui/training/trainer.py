"""Training as a child process: the same command that a person would type, which outlives whoever started it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.shelf import free_place

NICENESS = 10


class Training:
    """A training run that was started here.

    Args:
        directory: Where it trains.
        flags: The command's flags, without `--run-dir`.
        command: The command; `python -m tinygpt_keras.train` when not given.
    """

    def __init__(self, directory: RunDirectory, flags: Sequence[str], command: Sequence[str] = ()) -> None:
        self.directory = directory
        self.started_at = time.time()
        command = [*(command or (sys.executable, "-m", "tinygpt_keras.train")), "--run-dir", str(directory.path)]
        if nice := shutil.which("nice"):
            # It takes every core that is free, and leaves the keys theirs.
            command = [nice, "-n", str(NICENESS), *command]
        with directory.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # Linux shares the cores among sessions first, each of which has a niceness of its own (sched(7), "autogroup").
        with contextlib.suppress(OSError):
            Path(f"/proc/{self._process.pid}/autogroup").write_text(str(NICENESS))

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status; `None` while it runs."""
        return self._process.poll()

    def interrupt(self) -> None:
        """Send it what Ctrl-C sends."""
        self._process.send_signal(signal.SIGINT)


def niceness(process: int | None) -> int:
    """Return by how much a process gives way to others: 0 to 19, and 0 where that cannot be known."""
    if process is not None and process > 0 and os.name == "posix":
        with contextlib.suppress(OSError, OverflowError):
            return max(os.getpriority(os.PRIO_PROCESS, process), 0)
    return 0


def lives(training: Training | None) -> bool:
    """Say whether a child was started here and has not ended."""
    return training is not None and training.status is None


def start_run(runs_dir: Path, name: str, flags: Sequence[str], command: Sequence[str] = ()) -> Training:
    """Start a new run.

    Args:
        runs_dir: The folder of all runs.
        name: The run's name.
        flags: The flags of `train`.
        command: Another command than `train`.

    Returns:
        The child.

    Raises:
        InputError: When the name is none, or taken.
        OSError: When the folder cannot be made.
    """
    path = free_place(runs_dir, name)
    path.mkdir(parents=True)
    return Training(RunDirectory(path), flags, command)


def resume_run(directory: RunDirectory, command: Sequence[str] = ()) -> Training:
    """Continue a run that was interrupted.

    Args:
        directory: The run.
        command: Another command than `train`.

    Returns:
        The child.

    Raises:
        InputError: When it is training already.
    """
    if directory.trainer() is not None:
        raise InputError(f"{directory.path.name} is training already. Watch it, or stop it first.")
    return Training(directory, ["--resume"], command)


def stop_run(directory: RunDirectory) -> bool:
    """Ask whoever trains a run to stop after the current step, keeping what it has.

    Args:
        directory: The run.

    Returns:
        Whether anybody was asked.
    """
    process = directory.trainer()
    if process is None or process <= 0:  # to the system, 0 and below are groups of processes
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError, OverflowError):
        os.kill(process, signal.SIGINT)
        return True
    return False


def discard_unborn(directory: RunDirectory) -> None:
    """Remove the folder of a run that ended before it had a configuration: it holds nothing but its log."""
    if not directory.config_file.exists() and {entry.name for entry in directory.path.iterdir()} <= {
        directory.log_file.name,
        ".lock",
        ".trainer",
    }:
        shutil.rmtree(directory.path)


def still_training(trainings: Sequence[Training]) -> str:
    """Say which runs that were started here go on without us, and how to come back to them; often nothing."""
    folders = [training.directory.path for training in trainings if training.status is None]
    return "\n".join(f"Training goes on in {folder}/; `tinygpt-tui {folder}` watches it." for folder in folders)
