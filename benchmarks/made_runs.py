"""Runs for the UI to show: made-up histories in the proportions of a recorded one, and a trainer that is real."""

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
DEADLINE_S = 300.0  # for a real run to begin, on slow cores


class History:
    """Makes up a run's events: twelve reports, then an evaluation, a sample and a checkpoint, over and over.

    Args:
        seed: Of the noise on the losses.
        total: The steps that the run is to have.
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
        """Make the first line."""
        return line(self._start)

    def lines(self, count: int) -> bytes:
        """Make the next events, a line each."""
        return b"".join(line(self._next()) for _ in range(count))

    def reports(self, count: int) -> bytes:
        """Make the next events of training alone, a line each."""
        return b"".join(line(self._report()) for _ in range(count))

    def end(self) -> bytes:
        """Make the last line."""
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
    """Write one event as a line."""
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def make_run(path: Path, events: bytes) -> RunDirectory:
    """Make a run's folder.

    Args:
        path: The folder, which does not exist yet.
        events: Its history.

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
    """Make a run that has ended.

    Args:
        path: Its folder, which does not exist yet.
        count: How many events it has.
        seed: Of its losses.

    Returns:
        Its last step, which is also as many as it was to have.
    """
    counted = History(seed, 1)
    counted.lines(count - 2)
    history = History(seed, counted.step)
    make_run(path, history.start() + history.lines(count - 2) + history.end())
    return history.step


@contextlib.contextmanager
def real_training(path: Path) -> Iterator[None]:
    """Train the default preset on all cores, as the UI starts it, for as long as it is needed.

    Args:
        path: The run's folder.

    Yields:
        Once it has reported its first steps.

    Raises:
        TimeoutError: When it reports none.
    """
    training = start_run(path.parent, path.name, ["--preset", "tiny", "--steps", "100000"])
    run = training.directory
    try:
        end = time.monotonic() + DEADLINE_S
        while not any(event["event"] == "train" for event in read_events(run.events_file)):
            if time.monotonic() > end or training.status is not None:
                raise TimeoutError("the training run that is to keep the cores busy did not begin")
            time.sleep(0.5)
        yield
    finally:
        if training.status is None and (process := run.trainer()):
            os.kill(process, signal.SIGKILL)
