"""The end of a run's log, which follows what is written."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hints, title

LONGEST_LINE = 500  # characters of a line that are laid out


EMPTY = "Nothing logged yet."


class LogView(VerticalScroll):
    """Shows the last lines of a log; it stays at the end unless it is scrolled up."""

    DEFAULT_CLASSES = "panel"

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static(plain(EMPTY), id="log-text")

    def on_mount(self) -> None:
        """Name the panel, and stay at the end."""
        self.border_title = title("log of the training process")
        self.border_subtitle = hints(("g", "samples"))
        self.anchor()

    def show(self, text: str) -> None:
        """Show lines, which may be any text.

        Args:
            text: The last lines.
        """
        lines = "\n".join(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in text.split("\n"))
        self.query_one("#log-text", Static).update(plain(shortened_start(lines) or EMPTY))


def shortened_start(text: str, at_most: int = 20_000) -> str:
    """Drop the first lines of a text that would be slow to lay out."""
    return text if len(text) <= at_most else text[-at_most:].partition("\n")[2]
