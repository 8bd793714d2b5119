"""A sentence that keeps to one line."""

from typing import Any

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tinygpt_tui.text import plain

SEPARATOR = " · "


class OneLine(Widget):
    """Shows as much of a sentence on one line as `fitting` returns.

    Args:
        words: The sentence.
    """

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, words: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def show(self, words: str) -> None:
        """Show another sentence."""
        if words != self.words:
            self.words = words
            self.refresh()

    def render(self) -> Content:
        """Return as much of the sentence as fits."""
        return plain(fitting(self.words, self.size.width))


def fitting(words: str, columns: int) -> str:
    """Return a sentence in some columns.

    Args:
        words: The sentence, or parts with ` · ` between them.
        columns: How many there are.

    Returns:
        All that fits: of parts, those that fit whole; a longer sentence ends after a whole word, with `…`.
    """
    shown = words
    while cell_len(shown) > columns and SEPARATOR in shown:
        shown = shown.rpartition(SEPARATOR)[0]
    if cell_len(shown) <= columns:
        return shown
    while cell_len(shown) >= columns and " " in shown:
        shown = shown.rpartition(" ")[0]
    return f"{shown.rstrip(' ,;:.')}…"
