"""Key presses at random moments, and the time of each answer on the screen."""

import itertools
import random
import re
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from made_runs import History
from terminal import Terminal

PAUSE_S = (0.1, 0.4)  # between two keys
BURST_EVERY_S = (2.0, 5.0)
REPORT_EVERY_S = 0.25  # as in a training run
TURN = 20  # keys in one direction before it changes


@dataclass
class Press:
    """A key that steps through the samples."""

    at: float
    place: int
    """The sample that the key leads to."""
    answered_at: float | None = None

    @property
    def latency_ms(self) -> float | None:
        """The time from the press to its answer."""
        return None if self.answered_at is None else 1000 * (self.answered_at - self.at)


class Session:
    """Presses keys at random moments while events are appended to the watched run.

    Args:
        terminal: The terminal that watches the run.
        history: The source of the events.
        events_file: The history file of the run.
        seed: The seed of the moments.
    """

    def __init__(self, terminal: Terminal, history: History, events_file: Path, seed: int) -> None:
        self._terminal = terminal
        self._history = history
        self._events_file = events_file
        self._random = random.Random(seed)
        self.bursts = 0

    def press(self, count: int, burst: int, place: int) -> list[Press]:
        """Press the keys.

        Args:
            count: The number of keys.
            burst: The number of events appended at once.
            place: The sample shown at the start, which is not the newest.

        Returns:
            The presses, not yet matched with answers.
        """
        presses: list[Press] = []
        plan = self._plan(count, burst)
        start = time.monotonic()
        with self._events_file.open("ab", buffering=0) as file:
            for at, lines in plan:
                time.sleep(max(start + at - time.monotonic(), 0.0))
                if lines:
                    file.write(lines)
                else:
                    earlier = len(presses) // TURN % 2 == 0
                    place += -1 if earlier else 1
                    presses.append(Press(self._terminal.press(b"," if earlier else b"."), place))
        return presses

    def _plan(self, count: int, burst: int) -> list[tuple[float, bytes]]:
        """Plan the actions: times in seconds with lines to append, or no lines for a key press."""
        keys = list(itertools.accumulate(self._random.uniform(*PAUSE_S) for _ in range(count)))
        bursts = [self._random.uniform(*BURST_EVERY_S)]
        while bursts[-1] < keys[-1]:
            bursts.append(bursts[-1] + self._random.uniform(*BURST_EVERY_S))
        reports = [REPORT_EVERY_S * number for number in range(int(keys[-1] / REPORT_EVERY_S))]
        self.bursts = len(bursts) - 1
        sizes = [*((at, 0) for at in keys), *((at, burst) for at in bursts[:-1]), *((at, 1) for at in reports)]
        return [(at, self._lines(size)) for at, size in sorted(sizes)]

    def _lines(self, size: int) -> bytes:
        """Return events as lines; calls must follow the order of writing."""
        return self._history.reports(size) if size == 1 else self._history.lines(size)


def match_answers(presses: list[Press], shown: Iterable[tuple[float, re.Match[str]]], place: int) -> None:
    """Set when each press was answered: when its sample, or that of a later press, first replaced another.

    Args:
        presses: The presses, oldest first.
        shown: Times and matches of the terminal's text, oldest first; the first group is the sample's place.
        place: The sample shown at the start.
    """
    waiting = deque(presses)
    for now, match in shown:
        if int(match[1]) == place:
            continue
        place = int(match[1])
        due = [press.place for press in waiting if press.at <= now]
        for _ in range(due.index(place) + 1 if place in due else 0):
            waiting.popleft().answered_at = now
