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
        # Of characters of one column, as nearly all are, the number tells the width.
        if end - begin > columns or not text[begin:end].isascii() or "\t" in text[begin:end]:
            end = broken(text, begin, end, columns)
        rows.append(Span(begin, end))
        begin = end
    return rows


def broken(text: str, begin: int, end: int, columns: int) -> int:
    """Return where the row that begins at a place ends."""
    wide, after_space = 0, begin
    for place in range(begin, end):
        if text[place] == "\n":
            return place + 1
        wide += cell_len(shown(text[place]))
        if wide > columns:
            return after_space if after_space > begin else max(place, begin + 1)
        if text[place] == " ":
            after_space = place + 1
    return end


def row_of(rows: Sequence[Span], place: int) -> int:
    """Return the number of the row that a place is in."""
    return max(bisect_right(rows, place, key=lambda row: row.begin) - 1, 0)


def place_at(text: str, row: Span, column: int) -> int:
    """Return the place of the character at a column of a row, or of the last one."""
    wide = 0
    for place in range(row.begin, row.end):
        wide += max(cell_len(shown(text[place])), 1)
        if column < wide:
            return place
    return row.end - 1
