"""The load of the machine, and of the process that trains."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.filesize import decimal

if TYPE_CHECKING:
    import psutil

BARS = " ▁▂▃▄▅▆▇█"
PERCENT = 100.0


class Load(NamedTuple):
    """The load since the last reading; `None` for what the system does not tell."""

    processor: float | None
    """Percent of all cores."""
    cores: int
    memory: int | None
    """Bytes in use."""
    memory_in_all: int | None
    process: float | None
    """Percent of all cores that the training process takes."""
    process_memory: int | None
    """Bytes that it holds."""

    @property
    def others(self) -> float:
        """Percent of all cores that other programs take, as far as it is known."""
        known = self.processor is not None and self.process is not None
        return max(self.processor - self.process, 0.0) if known else 0.0


class Meter:
    """Reads the load; each reading covers the time since the one before."""

    def __init__(self) -> None:
        self._process: psutil.Process | None = None
        self._has_begun = False

    def read(self, process: int | None) -> Load:
        """Return the load.

        Args:
            process: The id of the training process, which may be anybody's or gone; `None` if nothing trains.
        """
        import psutil  # with the first reading, in a thread

        processor = memory = memory_in_all = None
        with contextlib.suppress(psutil.Error, OSError):
            since_the_last = psutil.cpu_percent()
            processor = since_the_last if self._has_begun else None
        self._has_begun = True
        with contextlib.suppress(psutil.Error, OSError):
            machine = psutil.virtual_memory()
            memory, memory_in_all = machine.total - machine.available, machine.total
        cores = psutil.cpu_count() or 1
        used, held = self._read_process(process)
        return Load(processor, cores, memory, memory_in_all, None if used is None else used / cores, held)

    def _read_process(self, process: int | None) -> tuple[float | None, int | None]:
        """Return the percent of one core that a process takes, and the bytes that it holds."""
        import psutil

        if process is None:
            self._process = None
            return None, None
        # Another user's process may hide what it does, and the id comes from a file.
        with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
            is_known = self._process is not None and self._process.pid == process
            if not is_known or self._process is None:
                self._process = psutil.Process(process)
                self._process.cpu_percent()  # begins the first interval
            return self._process.cpu_percent() if is_known else None, self._process.memory_info().rss
        self._process = None
        return None, None


def bars(percents: Sequence[float], width: int, height: int = 1) -> list[str]:
    """Draw percentages as columns, the newest at the right.

    Textual's Sparkline stretches each picture from its lowest to its highest value, so that an idle machine looks busy.

    Args:
        percents: The values, oldest first.
        width: Columns.
        height: Rows.

    Returns:
        The rows, from the top.
    """
    eighths = [
        round(min(max(value, 0.0), PERCENT) / PERCENT * 8 * height)
        for value in percents[max(len(percents) - width, 0) :]
    ]
    eighths = [0] * (width - len(eighths)) + [max(value, 1) for value in eighths]  # what was measured shows a line
    return ["".join(BARS[min(max(value - 8 * row, 0), 8)] for value in eighths) for row in reversed(range(height))]


def memory_words(used: int | None, in_all: int | None = None) -> str:
    """Return an amount of memory, such as `5.2 GB of 16.4 GB`; empty if it is unknown."""
    if used is None:
        return ""
    return decimal(used) + (f" of {decimal(in_all)}" if in_all else "")
