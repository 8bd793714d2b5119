"""Runs for the UI to show: made-up histories with the proportions of a recorded one, and a real training run."""

import contextlib
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.runs.events import read_events
from tinygpt_tui.training.trainer import start_run

RECORDING = Path(__file__).parents[1] / "tests" / "recordings" / "tiny-events.jsonl"
REPORTS = 12  # train events between two evaluations, as in the recording
STEPS = 8  # between two train events
DEADLINE_S = 300.0  # for the start of a real run on slow cores


class History:
    """A made-up history: twelve reports, then an evaluation, a sample and a checkpoint, repeatedly.

    Args:
        seed: The seed of the noise on the losses.
        total: The planned number of steps.
    """

    def __init__(self, seed: int, total: int) -> None:
        recorded = list(read_events(RECORDING))
        self._samples = [event for event in recorded if event["event"] == "sample"]
        self._start = recorded[0]
        self._start["config"]["training"]["steps"] = total
        self._random = random.Random(seed)
        self._count = 0
        self.step = 0

    def start(self) -> bytes:
        """Return the first line."""
        return line(self._start)

    def lines(self, count: int) -> bytes:
        """Return the next events, one per line."""
        return b"".join(line(self._next()) for _ in range(count))

    def reports(self, count: int) -> bytes:
        """Return the next `train` events, one per line."""
        return b"".join(line(self._report()) for _ in range(count))

    def end(self) -> bytes:
        """Return the last line."""
        return line(self._event("end", reason="finished", best_val_loss=1.47, wall_s=600.0))

    def _next(self) -> dict[str, Any]:
        place, turn = self._count % (REPORTS + 3), self._count // (REPORTS + 3)
        self._count += 1
        if place < REPORTS:
            return self._report()
        if place == REPORTS:
            return self._event("eval", train_loss=self._loss(), val_loss=self._loss(), best=turn % 4 == 0)
        if place == REPORTS + 1:
            return {**self._samples[turn % len(self._samples)], "step": self.step}
        return self._event("checkpoint", path=f"checkpoints/{self.step}", val_loss=self._loss())

    def _report(self) -> dict[str, Any]:
        self.step += STEPS
        return self._event("train", loss=self._loss(), learning_rate=0.01, characters_per_s=13_468, eta_s=515.2)

    def _event(self, event: str, **fields: Any) -> dict[str, Any]:
        return {"event": event, "time": self._start["time"] + self.step, "step": self.step, **fields}

    def _loss(self) -> float:
        return 1.45 + 2.7 / (1 + self.step / 200) + self._random.gauss(0, 0.03)


def line(event: dict[str, Any]) -> bytes:
    """Return an event as a line of JSON."""
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def make_run(path: Path, events: bytes) -> RunDirectory:
    """Make a run directory.

    Args:
        path: The folder, which must not exist yet.
        events: The content of `events.jsonl`.

    Returns:
        The run.
    """
    path.mkdir(parents=True)
    directory, model = RunDirectory(path), pretrained_run()
    shutil.copy(model.config_file, directory.config_file)
    shutil.copy(model.vocab_file, directory.vocab_file)
    directory.events_file.write_bytes(events)
    return directory


def make_finished_run(path: Path, count: int, seed: int) -> int:
    """Make a finished run.

    Args:
        path: The folder, which must not exist yet.
        count: The number of events.
        seed: The seed of the losses.

    Returns:
        The last step, which is also the planned number of steps.
    """
    counted = History(seed, 1)
    counted.lines(count - 2)
    history = History(seed, counted.step)
    make_run(path, history.start() + history.lines(count - 2) + history.end())
    return history.step


@contextlib.contextmanager
def real_training(path: Path) -> Iterator[None]:
    """Train the default preset on all cores, started as by the UI, until the block ends.

    Args:
        path: The run's folder.

    Yields:
        Nothing, after the first reported steps.

    Raises:
        TimeoutError: If no steps are reported in time.
    """
    training = start_run(path.parent, path.name, ["--preset", "tiny", "--steps", "100000"])
    run = training.directory
    try:
        end = time.monotonic() + DEADLINE_S
        while not any(event["event"] == "train" for event in read_events(run.events_file)):
            if time.monotonic() > end or training.status is not None:
                raise TimeoutError("the training run that should keep the cores busy did not start")
            time.sleep(0.5)
        yield
    finally:
        if training.status is None and (process := run.trainer()):
            os.kill(process, signal.SIGKILL)
