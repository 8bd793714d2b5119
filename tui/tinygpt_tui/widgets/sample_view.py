"""The pinned samples: at each evaluation and between, from the same prompt and seed."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tinygpt_tui.runs.history import Sample
from tinygpt_tui.text import plain, shortened
from tinygpt_tui.widgets.panel import hints

ROOMY = 38  # columns that all words of the lower border need


class SampleView(Vertical):
    """Shows one sample: the newest, unless the user has stepped back."""

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = """
    SampleView {
        VerticalScroll { scrollbar-size-vertical: 1; }
        #sample-text { min-height: 100%; }
    }
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.samples: list[Sample] = []
        self._text = ""
        self.place: int | None = None
        """The index of the shown sample; `None` follows the newest."""

    def compose(self) -> ComposeResult:
        """Yield the text."""
        with VerticalScroll(can_focus=False):
            yield Static(plain("The first sample comes with the first evaluation."), id="sample-text")

    def on_mount(self) -> None:
        """Name the panel."""
        self.name_panel()

    def on_resize(self) -> None:
        """Fit the words of the border into the new width."""
        self.name_panel()

    def show(self, samples: list[Sample]) -> None:
        """Set the samples of a run, oldest first."""
        if len(samples) != len(self.samples) and self.place is not None and self.place >= len(samples):
            self.place = None
        changed = samples != self.samples
        self.samples = list(samples)
        if changed:
            self.draw()

    def step(self, way: int) -> None:
        """Go to an earlier (-1) or later (1) sample; the last one follows the newest again."""
        if not self.samples:
            return
        last = len(self.samples) - 1
        place = min(max((last if self.place is None else self.place) + way, 0), last)
        self.place = None if place == last else place
        self.draw()

    def name_panel(self) -> None:
        """Write on the border which sample this is, of how many."""
        if not self.samples:
            self.border_title, self.border_subtitle = "what it writes", ""
            return
        is_roomy = self.size.width >= ROOMY
        self.border_title = f"{'what it writes ' if is_roomy else ''}at step {self.shown.step:,}"
        place = len(self.samples) if self.place is None else self.place + 1
        count = f"{place} of {len(self.samples)}"
        whole = plain(f"{count}{', the newest' if self.place is None else ''}   ")
        whole += hints((",", "earlier"), (".", "later"))
        short = plain(f"{count}   ") + hints((", .", "others"))
        self.border_subtitle = whole if whole.cell_length <= self.size.width else short

    @property
    def shown(self) -> Sample:
        """The current sample."""
        return self.samples[-1 if self.place is None else self.place]

    def draw(self) -> None:
        """Show the current sample."""
        self.name_panel()
        if not self.samples:
            self.query_one("#sample-text", Static).update(plain("The first sample comes with the first evaluation."))
            return
        sample = self.shown
        text = shortened(sample.told)
        view = self.query_one("#sample-text", Static)
        # A text that fits the view needs no new layout, and keys wait for a layout.
        room = self.query_one(VerticalScroll).size.height
        view.update(plain(text), layout=max(lines_at_most(t, view.size.width) for t in (self._text, text)) > room)
        self._text = text


def lines_at_most(text: str, width: int) -> int:
    """Return an upper bound on the lines of a word-wrapped text.

    Args:
        text: Any text.
        width: The width in columns.

    Returns:
        The bound, which counts every line of a wrapped paragraph as half full.
    """
    half = max(width // 2, 1)
    return sum(1 if len(line) <= width else -(-len(line) // half) for line in text.split("\n"))
