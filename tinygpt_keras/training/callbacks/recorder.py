"""Where a run's events go: its history, and whoever watches."""

from collections.abc import Callable
from typing import Any

from tinygpt_keras.runs.events import EventWriter

Watcher = Callable[[dict[str, Any]], None]


class Recorder:
    """Writes each event to `events.jsonl` and shows it to a watcher.

    Args:
        writer: The run's history.
        watcher: Shown every event, such as a progress display.
    """

    def __init__(self, writer: EventWriter, watcher: Watcher) -> None:
        self._writer = writer
        self._watcher = watcher

    def __call__(self, event: str, step: int, **fields: Any) -> None:
        """Record one event of a kind, at a step, with what it says."""
        self._writer.write(event, step, **fields)
        self._watcher({"event": event, "step": step, **fields})
