"""The pinned sample: the same prompt and seed at every evaluation, and a way back through them all."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tinygpt_tui.runs.history import Sample
from tinygpt_tui.text import plain, shortened


class SampleView(Vertical):
    """Shows one of the samples; the newest, unless one has stepped back."""

    DEFAULT_CSS = """
    SampleView {
        border: round $foreground 30%; padding: 0 1;
        border-title-color: $foreground; border-subtitle-color: $foreground 80%;
        VerticalScroll { scrollbar-size-vertical: 1; }
        #sample-text { min-height: 100%; }
    }
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.samples: list[Sample] = []
        self._text = ""
        self.place: int | None = None
        """Which is shown; `None` follows the newest."""

    def compose(self) -> ComposeResult:
        """Make the text's place."""
        with VerticalScroll(can_focus=False):
            yield Static(plain("The first sample comes with the first evaluation."), id="sample-text")

    def show(self, samples: list[Sample]) -> None:
        """Take in the samples of a run, oldest first."""
        if len(samples) != len(self.samples) and self.place is not None and self.place >= len(samples):
            self.place = None
        changed = samples != self.samples
        self.samples = list(samples)
        if changed:
            self.draw()

    def step(self, way: int) -> None:
        """Go to an earlier (-1) or later (1) sample; past the newest one follows again."""
        if not self.samples:
            return
        last = len(self.samples) - 1
        place = min(max((last if self.place is None else self.place) + way, 0), last)
        self.place = None if place == last else place
        self.draw()

    def draw(self) -> None:
        """Show the current sample."""
        if not self.samples:
            self.query_one("#sample-text", Static).update(plain("The first sample comes with the first evaluation."))
            self.border_title = self.border_subtitle = ""
            return
        place = len(self.samples) - 1 if self.place is None else self.place
        sample = self.samples[place]
        self.border_title = f"what it writes at step {sample.step:,}"
        newest = ", the newest" if self.place is None else ""
        self.border_subtitle = f"{place + 1} of {len(self.samples)}{newest}   , earlier   . later"
        text = shortened((sample.prompt + sample.text).strip("\n"))
        view = self.query_one("#sample-text", Static)
        # What fills no more than its place needs nothing else to be laid out anew, and keys wait for that.
        room = self.query_one(VerticalScroll).size.height
        view.update(plain(text), layout=max(lines_at_most(t, view.size.width) for t in (self._text, text)) > room)
        self._text = text


def lines_at_most(text: str, width: int) -> int:
    """Say how many lines a text fills at most, its words wrapped.

    Args:
        text: Any text.
        width: Columns.

    Returns:
        A bound: a line that is wrapped at words is filled at least by half.
    """
    half = max(width // 2, 1)
    return sum(1 if len(line) <= width else -(-len(line) // half) for line in text.split("\n"))
