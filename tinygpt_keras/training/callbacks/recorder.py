"""The recorder of a run's events: into its history and to a watcher."""

from collections.abc import Callable
from typing import Any

from tinygpt_keras.runs.events import EventWriter, NoEvents

Watcher = Callable[[dict[str, Any]], None]


class Recorder:
    """Writes each event to `events.jsonl` and passes it to a watcher.

    Args:
        writer: The writer of the run's history.
        watcher: Called with every event, such as a progress display.
    """

    def __init__(self, writer: EventWriter | NoEvents, watcher: Watcher) -> None:
        self._writer = writer
        self._watchers = [watcher]

    def __call__(self, event: str, step: int, **fields: Any) -> None:
        """Record an event at a step, with its fields."""
        self._writer.write(event, step, **fields)
        for watcher in self._watchers:
            watcher({"event": event, "step": step, **fields})

    def tell(self, watcher: Watcher) -> None:
        """Pass events to another watcher, too."""
        self._watchers.append(watcher)
