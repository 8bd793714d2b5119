"""The load of the machine and of the training process over the last minute."""

import time
from collections import deque
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tinygpt_tui.text import plain
from tinygpt_tui.training.load import Load, bars, memory_words

SECONDS = 60
STALE_S = 5.0  # between two readings: longer, and what came before is not of the last minute
ROOMY = 8  # rows from which on each picture has two
ROOMY_ALONE = 5  # and where there is only the machine's


class LoadView(Vertical):
    """Shows processor and memory: of the machine, and of the process that trains."""

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = """
    LoadView {
        #load-text { height: 100%; }
    }
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.load: Load | None = None
        self.device = ""
        """What trains, such as a GPU."""
        self.trains = True
        """Whether a process trains the run now."""
        self._added_at = 0.0
        self._machine: deque[float] = deque(maxlen=SECONDS)
        self._process: deque[float] = deque(maxlen=SECONDS)

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = "the machine, last minute"

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static(plain("Measuring…"), id="load-text")

    def add(self, load: Load, device: str, trains: bool) -> None:
        """Add a reading, one a second.

        Args:
            load: The reading.
            device: What the run trains on, from its history.
            trains: Whether a process trains it now.
        """
        now = time.monotonic()
        if now - self._added_at > STALE_S:  # the panel was out of sight meanwhile
            self._machine.clear()
            self._process.clear()
        self._added_at = now
        self.load, self.device, self.trains = load, device, trains
        self._machine.append(load.processor or 0.0)
        self._process.append(load.process or 0.0)
        self.draw()

    def on_resize(self) -> None:
        """Fit the pictures into the new size."""
        self.draw()

    def draw(self) -> None:
        """Draw the last minute."""
        load, width = self.load, self.size.width
        if load is None or width <= 0:
            return
        cores = f"{load.cores} core{'s' if load.cores > 1 else ''}"
        trains = "trains" if self.trains else "trained"
        self.border_subtitle = plain(f"{trains} on {self.device}"[: max(width - 2, 0)]) if self.device else ""
        text = self.query_one("#load-text", Static)
        is_roomy = self.size.height >= (ROOMY if self.trains else ROOMY_ALONE)
        picture = pictured if is_roomy else beside
        lines = picture(cores, load.processor, self._machine, width, "$primary")
        if self.trains:
            lines += picture("training", load.process, self._process, width, "$primary")
        memory, held = memory_words(load.memory, load.memory_in_all), memory_words(load.process_memory)
        if is_roomy:
            lines += [pair("memory in use", memory, width)]
            lines += [pair("training holds", held or "–", width)] if self.trains else []
        else:
            words = f"{memory} in use" + (f", training holds {held}" if held else "")
            lines += [pair("memory", words if len(words) < width - len("memory") else memory, width)]
        lines += [] if self.trains else [pair("training", "no process trains this run now", width)]
        text.update(Content("\n").join(lines), layout=False)


def percent_words(percent: float | None) -> str:
    """Return a percentage of all cores; a dash if it is unknown."""
    return "–" if percent is None else f"{percent:.0f} %"


def pictured(name: str, percent: float | None, values: "deque[float]", width: int, color: str) -> list[Content]:
    """Return a name with its percentage, and below them the last minute."""
    return [pair(name, percent_words(percent), width)] + [
        Content(row).stylize(color) for row in bars(list(values), width, 2)
    ]


def beside(name: str, percent: float | None, values: "deque[float]", width: int, color: str) -> list[Content]:
    """Return a name, its last minute and its percentage, in one line."""
    words = percent_words(percent)
    room = width - 10 - 6
    row = Content(bars(list(values), max(room, 0))[0]).stylize(color)
    return [plain(f"{name:10}") + row + plain(f"{words:>6}")]


def pair(name: str, words: str, width: int) -> Content:
    """Return a name at the left and its value at the right."""
    return plain(name).stylize("$foreground 70%") + plain(f"{words:>{max(width - len(name), 1)}}")
