"""Formatting of table cells."""

from rich.cells import cell_len, set_cell_size

from tinygpt_keras.console.printable import printable
from tinygpt_tui.runs.summary import Summary
from tinygpt_tui.text import encodable

LONGEST = 255  # characters of a name on any file system
WIDEST = {"name": 64}  # terminal columns, as many as the longest name of a run
WIDE = 24


def abbreviated(name: str, width: int) -> str:
    """Shorten a long name in the middle, as the names of one preset's runs differ at their ends."""
    if cell_len(name) <= width:
        return name
    head = width // 3
    begin, end = set_cell_size(name, head), set_cell_size(name[::-1], width - 1 - head)[::-1]
    return f"{begin}…{end}"


def fitted(column: str, text: str) -> str:
    """Return a text as a cell shows it: without control characters, and no wider than a name or a figure is."""
    return abbreviated(printable(encodable(text[:LONGEST])), WIDEST.get(column, WIDE))


def figure(run: Summary) -> str:
    """Format the best loss, with an arrow if the loss has risen well above it since."""
    return "" if run.best_loss is None else f"{'↑ ' if run.has_risen else ''}{run.best_loss:.4f}"


def count(value: int | None) -> str:
    """Format an integer; `None` becomes an empty string."""
    return "" if value is None else f"{value:,}"
