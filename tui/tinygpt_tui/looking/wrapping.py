"""A text in rows of some columns, each character in a cell of its own that a click finds again."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from tinygpt_tui.text import plain


class Span(NamedTuple):
    """A row of a text: where it begins and ends; a line break belongs to the row that it ends."""

    begin: int
    end: int


def shown(text: str) -> str:
    """Return characters as they are drawn; a line break as a space."""
    return plain(text.replace("\n", " ")).plain


def wrapped(text: str, columns: int) -> list[Span]:
    """Break a text into rows after line breaks, or else after the last space that fits.

    Args:
        text: The text.
        columns: The width of a row, without the column after it where a line break can be shown.

    Returns:
        The rows; together they hold every character once.
    """
    rows: list[Span] = []
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin) + 1 or len(text)
        end = row_end(text, begin, end, columns)
        rows.append(Span(begin, end))
        begin = end
    return rows


def divided(text: str, columns: int, ruled: int) -> list[Span]:
    """Break a text into rows, with an empty one before a place that a rule stands before; 0 for none."""
    if not ruled:
        return wrapped(text, columns)
    below = [Span(begin + ruled, end + ruled) for begin, end in wrapped(text[ruled:], columns)]
    return [*wrapped(text[:ruled], columns), Span(ruled, ruled), *below]


def row_end(text: str, begin: int, end: int, columns: int) -> int:
    """Return where the row that begins at a place ends, of a line that ends at another one."""
    last = end - text.endswith("\n", begin, end)  # the line break needs no room
    fitting = fitting_end(text, begin, last, columns)
    if fitting >= last:
        return end
    space = text.rfind(" ", begin, fitting)
    return space + 1 if space >= 0 else max(fitting, begin + 1)


def fitting_end(text: str, begin: int, end: int, columns: int) -> int:
    """Return where the characters end that fit into some columns."""
    most = text[begin : min(begin + columns, end)]
    if most.isascii() and "\t" not in most:  # each has one column
        return begin + len(most)
    wide = 0
    for place in range(begin, end):
        wide += cell_len(shown(text[place]))
        if wide > columns:
            return place
    return end


def row_of(rows: Sequence[Span], place: int) -> int:
    """Return the number of the row that a place is in."""
    return max(bisect_right(rows, place, key=lambda row: row.begin) - 1, 0)


def place_at(text: str, row: Span, column: int) -> int:
    """Return the place of the character at a column of a row, or of the last one."""
    wide = 0
    for place in range(row.begin, row.end):
        wide += cell_len(shown(text[place]))
        if column < wide:
            return place
    return row.end - 1
