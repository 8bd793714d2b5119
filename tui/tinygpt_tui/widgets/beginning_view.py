"""What is done before a run's first losses, for how long, and what is about to be trained."""

import textwrap
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tinygpt_tui.text import plain
from tinygpt_tui.training.beginning import Stage

NAME = 9  # columns
OVER, UNDER_WAY, AHEAD = "✓", "▸", "·"


class BeginningView(VerticalScroll, can_focus=False):
    """Shows the stages of a start, and the facts of the run."""

    DEFAULT_CLASSES = "panel"

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static(id="stages")

    def show(self, stages: Sequence[Stage], facts: Sequence[tuple[str, str]], otherwise: str) -> None:
        """Show where a start stands.

        Args:
            stages: The stages in order.
            facts: What is trained, by name.
            otherwise: What to say where there is neither.
        """
        self.border_title = "getting ready" if stages else "no losses yet"
        lines = stage_lines(stages)
        lines += [Content("")] if lines and facts else []
        for name, words in facts:
            lines += fact_lines(name, words, self.size.width)
        self.query_one("#stages", Static).update(Content("\n").join(lines or [plain(otherwise)]))


def stage_lines(stages: Sequence[Stage]) -> list[Content]:
    """Return a line for each stage: whether it is over, under way or ahead, and its seconds."""
    current = next((number for number, stage in enumerate(stages) if not stage.is_over), len(stages))
    width = max((len(stage.words) for stage in stages), default=0)
    lines: list[Content] = []
    for number, stage in enumerate(stages):
        mark, style = (OVER, "$success") if stage.is_over else (AHEAD, "$foreground 60%")
        if number == current:
            mark, style = UNDER_WAY, "bold $accent"
        took = f"{stage.took_s:5.0f} s" if stage.took_s is not None and number <= current else ""
        words = plain(f"{mark} {stage.words:{width}}").stylize(style if number >= current else "$foreground")
        lines.append(words + plain(took))
    return lines


def fact_lines(name: str, words: str, width: int) -> list[Content]:
    """Return a fact beside its name, wrapped to a width."""
    wrapped = [part for line in words.split("\n") for part in textwrap.wrap(line, max(width - NAME, 10))]
    names = [name, *[""] * len(wrapped)]
    return [
        plain(f"{label:{NAME}}").stylize("$foreground 70%") + plain(part)
        for label, part in zip(names, wrapped, strict=False)
    ]
