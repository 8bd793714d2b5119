"""What a watched run is doing now, and what there is to say of its end."""

import signal

from tinygpt_keras.console import INTERRUPTED as INTERRUPTED_STATUS
from tinygpt_keras.runs import RunDirectory
from tinygpt_tui.state.history import History
from tinygpt_tui.state.log import last_lines
from tinygpt_tui.state.summary import ENDINGS, FAILED, INTERRUPTED, RUNNING
from tinygpt_tui.state.trainer import Training, lives

STARTING, STOPPING, GONE = "starting", "stopping…", "gone"
LIVE = (STARTING, RUNNING, STOPPING)
STOPPED = (INTERRUPTED_STATUS, -signal.SIGINT)  # the second before Python could take the signal
LOG_LINES = 6


def phase(directory: RunDirectory, training: Training | None, history: History, missing: bool, stopping: bool) -> str:
    """Find out what a run is doing.

    Args:
        directory: The run.
        training: The child that trains it, when it was started here.
        history: What is known of it.
        missing: Its events cannot be read (any more).
        stopping: Whoever trains it was asked to stop.

    Returns:
        One word.
    """
    # Who trains on in a folder that was deleted makes parts of it anew, but not what had happened.
    if missing and (history.config or not directory.path.is_dir()):
        return GONE
    trained = directory.trainer() is not None
    if trained or lives(training):
        return STOPPING if stopping else RUNNING if trained and history.config else STARTING
    if training is not None and training.status in STOPPED:
        return INTERRUPTED
    if history.end_reason and (training is None or training.status == 0):
        return ENDINGS.get(history.end_reason, FAILED)
    return INTERRUPTED if training is None else FAILED


def trouble(directory: RunDirectory, training: Training | None, history: History, state: str, lines: int) -> str:
    """Say what went wrong, or what the run warned of.

    Args:
        directory: The run.
        training: The child that trained it, when it was started here.
        history: What is known of it.
        state: What it is doing.
        lines: How many lines there is room for.

    Returns:
        A few lines; none when all is well.
    """
    warning = f"! {history.warnings[-1][1]}" if history.warnings else ""
    can_resume = directory.config_file.is_file()
    if state == GONE:
        still = " Press s to end its training." if lives(training) else ""
        return "The folder of this run is gone. What was read of it is still shown." + still
    if state == INTERRUPTED:
        words = "Stopped before its end. Press u to resume it." if can_resume else "Stopped before its first step."
        return f"{words}\n{warning}".rstrip()
    if state != FAILED:
        return warning
    status = training.status if training is not None else None
    if status is not None and status < 0:
        return f"Training was killed (by signal {-status})." + (" Press u to resume it." if can_resume else "")
    log = last_lines(directory.log_file, min(lines - 1, LOG_LINES))
    return "Training failed." + (f" The last lines of its log:\n{log}" if log else " Its log says nothing.")
