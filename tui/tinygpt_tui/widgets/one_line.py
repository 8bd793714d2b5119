"""A sentence that keeps to one line."""

from typing import Any

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tinygpt_tui.text import plain


class OneLine(Widget):
    """Shows a sentence on one line; where it does not fit, it ends after a whole word, with `…`.

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
    """Return a sentence in some columns; one that is longer ends after a whole word, with `…`."""
    if cell_len(words) <= columns:
        return words
    shown = words
    while cell_len(shown) >= columns and " " in shown:
        shown = shown.rpartition(" ")[0]
    return f"{shown.rstrip(' ,;:.')}…"
