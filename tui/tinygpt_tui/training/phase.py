"""The state of a watched run, and messages about how it ended."""

import signal
from collections.abc import Sequence
from dataclasses import replace

from tinygpt_keras.console import INTERRUPTED as INTERRUPTED_STATUS
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import kept_steps
from tinygpt_tui.runs.history import OVERFITTING, History
from tinygpt_tui.runs.log import last_lines
from tinygpt_tui.runs.summary import ENDINGS, FAILED, INTERRUPTED, RUNNING, Summary
from tinygpt_tui.training.trainer import Training, lives

STARTING, STOPPING, GONE = "starting", "stopping…", "gone"
LIVE = (STARTING, RUNNING, STOPPING)
STOPPED = (INTERRUPTED_STATUS, -signal.SIGINT)  # the second if Python had not installed its handler yet
LOG_LINES = 6


def phase(directory: RunDirectory, training: Training | None, history: History, missing: bool, stopping: bool) -> str:
    """Return the state of a run.

    Args:
        directory: The run.
        training: The process that trains it, if this app started it.
        history: Its history.
        missing: Whether its events cannot be read, or no longer can.
        stopping: Whether its trainer was asked to stop.

    Returns:
        One word, such as `running`.
    """
    # A trainer whose folder was deleted recreates parts of it, but not the earlier history.
    if missing and (history.config or not directory.path.is_dir()):
        return GONE
    trained = directory.trainer() is not None
    if trained or lives(training):
        return STOPPING if stopping else RUNNING if trained and history.config else STARTING
    is_stopped = training is not None and training.status in STOPPED
    # Stopped before its first step, a trainer has changed nothing: the run is what it was, as the table says.
    if history.end_reason and (training is None or training.status == 0 or is_stopped):
        return ENDINGS.get(history.end_reason, FAILED)
    return INTERRUPTED if training is None or is_stopped else FAILED


def with_own(runs: Sequence[Summary], started: Sequence[Training]) -> list[Summary]:
    """Return runs, with those as running that this app trains: a process locks its folder a moment after its start.

    Args:
        runs: The runs as their folders tell.
        started: The processes that this app started.
    """
    own = {training.directory.path for training in started if lives(training)}
    return [replace(run, state=RUNNING) if run.directory.path in own else run for run in runs]


def awaited(directory: RunDirectory, training: Training | None, history: History) -> str:
    """Describe what a run that was asked to stop still has to do.

    Args:
        directory: The run.
        training: The process that trains it, if this app started it.
        history: Its history.

    Returns:
        A sentence or two.
    """
    begun = training.started_at if training is not None else began(directory)
    if history.ended_at is not None and history.ended_at > begun:
        return "Stopping: a checkpoint is saved, and the process is ending."
    has_started = history.started_at is not None and history.started_at > begun
    if has_started and history.has_trained:
        return "Stopping: the step that has begun is finished, then a checkpoint is saved."
    doing = "compiling its first step or evaluating" if has_started else "starting up"
    left = "" if kept_steps(directory) else " There is no checkpoint to resume from yet."
    return f"Stopping: it is still {doing}, and ends within seconds.{left}"


def began(directory: RunDirectory) -> float:
    """Return when the trainer locked the folder, in Unix seconds; 0 if there is none."""
    try:
        return directory.trainer_file.stat().st_mtime
    except OSError:
        return 0.0


def trouble(directory: RunDirectory, training: Training | None, history: History, state: str, lines: int) -> str:
    """Describe what went wrong, or the run's last warning; `standing` covers overfitting.

    Args:
        directory: The run.
        training: The process that trained it, if this app started it.
        history: Its history.
        state: Its state, from `phase`.
        lines: How many lines fit on the screen.

    Returns:
        A few lines; empty if all is well.
    """
    warnings = [message for _, message in history.warnings if not message.startswith(OVERFITTING)]
    warning = f"! {warnings[-1]}" if warnings else ""
    if state == GONE:
        still = " Press s to end its training." if lives(training) else ""
        return "The folder of this run is gone. This screen still shows what was read before." + still
    if state == INTERRUPTED:
        return f"{way_on(directory, 'Stopped')}\n{warning}".rstrip()
    if state != FAILED:
        return warning
    status = training.status if training is not None else None
    if status is not None and status < 0:
        return way_on(directory, f"Training was killed (by signal {-status})")
    log = last_lines(directory.log_file, min(lines - 1, LOG_LINES))
    return "Training failed." + (f" The last lines of its log:\n{log}" if log else " Its log says nothing.")


def way_on(directory: RunDirectory, ended: str) -> str:
    """Complete a sentence on how a run ended early with what the user can do."""
    if not directory.config_file.is_file():
        return f"{ended} while it was starting up: there is nothing to resume."
    if not kept_steps(directory):
        return f"{ended} without a checkpoint to resume from. Press u to begin again."
    return f"{ended} before its end. Press u to resume it."
