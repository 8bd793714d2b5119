"""How the numbers of a matrix are written, as wide as there is room for."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from rich.cells import cell_len

from tinygpt_keras.findings.words import symbol
from tinygpt_keras.tour.station import Kind, Table
from tinygpt_tui.text import encodable

LEVELS = 5  # of shading
FRAME = 6  # columns: border, padding, and the character of the row
MORE = "…"  # ends the rows of a table that has more columns than there is room for
WHOLE = "●"  # a share of 100 %, where two digits have room
TITLED = 34  # columns, so that no title is cut off
FULL = {"channels": 3.0, "weights": 1.0, "scores": 6.0}
"""The size of a number that is shaded fully."""
LATER, MASKED = "·", "−∞"


class Format(NamedTuple):
    """How numbers are written."""

    width: int
    """Columns for each number, at least; see `spaced`."""
    write: Callable[[float], str]
    unit: str = ""


def fixed(decimals: int, value: float) -> str:
    """Return a number with a fixed number of decimals, and zero without a sign."""
    text = f"{value:.{decimals}f}"
    return text if float(text) else text.lstrip("-")


def percent(decimals: int, share: float) -> str:
    """Return a share in per cent."""
    return fixed(decimals, 100 * share)


def two_digits(share: float) -> str:
    """Return a share in per cent in two digits, or a mark in place of 100 %."""
    text = percent(0, share)
    return text if len(text) < 3 else WHOLE


FORMATS: dict[Kind, tuple[Format, ...]] = {  # the widest first
    "channels": (Format(8, partial(fixed, 2)), Format(6, partial(fixed, 2)), Format(5, partial(fixed, 1))),
    "weights": (
        Format(8, partial(percent, 1), "in %"),
        Format(6, partial(percent, 1), "in %"),
        Format(4, partial(percent, 0), "in %"),
        Format(3, two_digits, f"in %, {WHOLE} is 100"),
    ),
    "scores": (
        Format(8, partial(fixed, 2)),
        *(Format(width, partial(fixed, 1)) for width in (6, 5)),
        *(Format(width, partial(fixed, 0), "rounded") for width in (4, 3)),
    ),
}
NARROW: dict[Kind, int] = {"channels": 5, "weights": 3, "scores": 3}
"""The least width that is comfortable to read."""


def outer(columns: int, width: int) -> int:
    """Return the width of a table with its frame, for columns of a width."""
    return max(columns * width + FRAME, TITLED)


def spaced(table: Table, format: Format) -> Format:
    """Return a format whose columns are wide enough for a space before the widest number of a table."""
    values = [value for row in table.rows for value in row if value is not None]
    # Of the numbers of one sign, the largest is the longest.
    extremes = (min(values), max(values)) if values else ()
    longest = max((len(format.write(value)) for value in extremes), default=0)
    return format._replace(width=max(format.width, longest + 1))


def fit(table: Table, budget: int) -> Format:
    """Choose the widest format with which a table fits, or the narrowest if none does.

    Args:
        table: The table.
        budget: The columns of the terminal that it may take.

    Returns:
        The format.
    """
    formats = [spaced(table, format) for format in FORMATS[table.kind]]
    count = len(table.rows[0])
    return next((format for format in formats if count * format.width + FRAME <= budget), formats[-1])


def columns_shown(table: Table, format: Format, budget: int) -> int:
    """Return how many columns of a table have room; where it is not all, one more is left for a mark."""
    count = len(table.rows[0])
    if count * format.width + FRAME <= budget:
        return count
    return max((budget - FRAME - len(MORE) - 1) // format.width, 1)


def least(table: Table) -> int:
    """Return the width that a table needs to be comfortable to read."""
    count, narrow = len(table.rows[0]), NARROW[table.kind]
    formats = (format for format in FORMATS[table.kind] if format.width >= narrow)
    return outer(count, min(spaced(table, format).width for format in formats))


def cell(table: Table, row: int, column: int, format: Format) -> str:
    """Write one number; a weight that is zero because its character comes later is a dot."""
    value = table.rows[row][column]
    if table.kind == "weights" and column > row and not table.sees_all:
        return LATER
    return MASKED if value is None else format.write(value)


def level(kind: Kind, value: float | None) -> int:
    """Return how strongly a number is shaded: from -`LEVELS` to `LEVELS`, 0 for none."""
    if value is None:
        return 0
    share = min(abs(value) / FULL[kind], 1.0)
    # A root, or the equal shares of many characters would have no shade.
    strength = round(LEVELS * (math.sqrt(share) if kind == "weights" else share))
    return strength if value > 0 else -strength


def labels(sentence: str) -> list[str]:
    """Return what stands for each character at a row or column: one or two cells wide, and harmless."""
    shown = [encodable(symbol(character)) for character in sentence]
    return [text if 0 < cell_len(text) <= 2 else "◌" for text in shown]
