"""Training as a child process: the same command that a user would type, which outlives the UI."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tinygpt_keras import atomic, files
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import PRETRAINED, RunDirectory
from tinygpt_tui.runs.choices import kept_steps
from tinygpt_tui.runs.shelf import free_place

NICENESS = 10


class Training:
    """A training process that this app started.

    Args:
        directory: The run's directory.
        flags: The command's flags, without `--run-dir`.
        command: The command; `python -m tinygpt_keras.train` if empty.
    """

    def __init__(self, directory: RunDirectory, flags: Sequence[str], command: Sequence[str] = ()) -> None:
        self.directory = directory
        self.started_at = time.time()
        command = [*(command or (sys.executable, "-m", "tinygpt_keras.train")), "--run-dir", str(directory.path)]
        if nice := shutil.which("nice"):
            # Low priority keeps the UI responsive while training uses every idle core.
            command = [nice, "-n", str(NICENESS), *command]
        with open(directory.log_file, "ab", opener=files.opener) as log:
            self._process = subprocess.Popen(
                [*command, *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # Linux schedules sessions first, each with a niceness of its own (sched(7), "autogroup").
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
        """Send it SIGINT, as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)


def niceness(process: int | None) -> int:
    """Return the niceness of a process, 0 to 19; 0 if it is unknown."""
    if process is not None and process > 0 and os.name == "posix":
        with contextlib.suppress(OSError, OverflowError):
            return max(os.getpriority(os.PRIO_PROCESS, process), 0)
    return 0


def lives(training: Training | None) -> bool:
    """Whether this app started a training process and it has not ended."""
    return training is not None and training.status is None


def start_run(runs_dir: Path, name: str, flags: Sequence[str], command: Sequence[str] = ()) -> Training:
    """Start a new run.

    Args:
        runs_dir: The folder of all runs.
        name: The run's name.
        flags: The flags of `train`.
        command: The command to run instead of `train`.

    Returns:
        The process.

    Raises:
        InputError: When the name is invalid or taken.
        OSError: When the folder cannot be created.
    """
    path = free_place(runs_dir, name)
    path.mkdir(parents=True)
    return Training(RunDirectory(path), flags, command)


def beginning_anew(directory: RunDirectory) -> tuple[str, list[str]]:
    """Return what to ask before resuming a run would train it from its beginning.

    Args:
        directory: The run.

    Returns:
        The question, empty where there is nothing to ask, and the flags to resume with after a yes. It
        names the run that this one starts from, because whoever wrote `config.json` chose that path.
    """
    name = directory.path.name
    origin = ""
    with contextlib.suppress(InputError, OSError):  # training says what is wrong with the configuration
        origin = directory.config().start_from
    if kept_steps(directory):
        return "", []
    if origin not in ("", PRETRAINED):
        question = f"{name} has no checkpoint, so training begins at step 0, with the weights of {origin}."
        return f"{question} Go on only if you trust that run.", ["--from", origin]
    if directory.best_file.exists():
        return f"{name} has no checkpoint left, so training begins again at step 0 and overwrites it.", []
    return "", []


def resume_run(directory: RunDirectory, flags: Sequence[str] = (), command: Sequence[str] = ()) -> Training:
    """Resume an interrupted run.

    Args:
        directory: The run.
        flags: More flags of `train`.
        command: The command to run instead of `train`.

    Returns:
        The process.

    Raises:
        InputError: When the run is already being trained.
    """
    if directory.trainer() is not None:
        raise InputError(f"{directory.path.name} is training already. Watch it, or stop it first.")
    return Training(directory, ["--resume", *flags], command)


def stop_run(directory: RunDirectory) -> bool:
    """Ask a run's trainer to stop after the current step and save a checkpoint.

    Args:
        directory: The run.

    Returns:
        Whether there was a trainer to ask.
    """
    process = directory.trainer(certainly=True)
    if process is None or process <= 0:  # `kill` takes 0 and negative ids for process groups
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError, OverflowError):
        os.kill(process, signal.SIGINT)
        return True
    return False


def discard_unborn(directory: RunDirectory) -> None:
    """Remove the folder of a run that ended before writing its configuration, which marks it as complete."""
    log, lock, trainer = directory.log_file, directory.lock_file, directory.trainer_file
    made = {log, lock, trainer, directory.vocab_file, directory.corpus_file}
    if {entry for entry in directory.path.iterdir() if not entry.stem.endswith(atomic.TEMPORARY_SUFFIX)} <= made:
        atomic.remove(directory.path)


def still_training(trainings: Sequence[Training]) -> str:
    """Return a message on which runs that this app started go on, and how to watch them; empty if none do."""
    folders = [training.directory.path for training in trainings if training.status is None]
    return "\n".join(f"Training goes on in {folder}/; `tinygpt-tui {folder}` watches it." for folder in folders)
