"""Our side: the command `python -m tinygpt_keras.train` and the history that it writes."""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

from processes import failure

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events

POLLED_S = 0.05


def train_command(run: Path, *flags: str) -> list[str]:
    """Return the training command; its `--run-dir` comes last and so overrides one in the flags."""
    return [sys.executable, "-m", "tinygpt_keras.train", *flags, "--run-dir", str(run)]


def events_of(process: Popen[str], run: Path) -> Iterator[dict[str, Any]]:
    """Follow a run's history while it is written.

    Args:
        process: The training process, which runs in the parent folder of the run.
        run: The run directory.

    Yields:
        Each event, shortly after it was written; its `time` field is exact.

    Raises:
        RuntimeError: After the last event, if the process has ended.
    """
    seen = 0
    while True:
        over = process.poll() is not None
        events = list(read_events(RunDirectory(run).events_file))
        yield from events[seen:]
        seen = len(events)
        if over:
            raise failure(process.args, run.parent)
        time.sleep(POLLED_S)


def result(run: Path) -> dict[str, Any]:
    """Return the result of a finished run.

    Args:
        run: The run directory.

    Returns:
        The best exact validation loss and its step, the number of steps, the median reported speed, the time spent on
        training and evaluating, and the parameters.

    Raises:
        RuntimeError: If the run did not finish.
    """
    events = list(read_events(RunDirectory(run).events_file))
    kinds = {kind: [event for event in events if event["event"] == kind] for kind in ("start", "train", "eval", "end")}
    if not kinds["end"] or kinds["end"][-1]["reason"] not in ("finished", "stopped_early"):
        raise RuntimeError(f"the run {run} did not finish")
    best = min(kinds["eval"], key=lambda event: event["val_loss"])
    return {
        "loss": best["val_loss"],
        "best_step": best["step"],
        "steps": kinds["end"][-1]["step"],
        "characters_per_s": round(statistics.median(event["characters_per_s"] for event in kinds["train"])),
        "session_s": kinds["end"][-1]["wall_s"],
        "parameters": kinds["start"][0]["parameters"],
    }
