"""Weights as cells of half a character's height, whose brightness grows with the weight."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tinygpt_keras.drawing.colours import STEPS, strength


class Cells(NamedTuple):
    """Cells side by side that look alike."""

    text: str
    letter: str
    """The colour of the text; empty if there is none."""
    ground: str
    """The colour behind it; empty if there is none."""


def heat(rows: Sequence[Sequence[float | None]], columns: int, steps: Sequence[str] = STEPS) -> Iterator[list[Cells]]:
    """Draw rows of weights, two a line.

    Args:
        rows: The weights; `None` leaves a cell empty.
        columns: The width; what a row lacks is empty.
        steps: The colours, from nothing to much; as many as in `STEPS`.

    Yields:
        Each line; the brightness follows the root of the weight, as small ones matter, too.
    """
    for first in range(0, len(rows), 2):
        upper, lower = (padded(rows[n] if n < len(rows) else (), columns, steps) for n in (first, first + 1))
        pairs = itertools.groupby(zip(upper, lower, strict=True))
        yield [half(above, below, len(list(run))) for (above, below), run in pairs]


def padded(row: Sequence[float | None], columns: int, steps: Sequence[str]) -> list[str]:
    """Return the colours of a row of weights."""
    return [("" if weight is None else steps[strength(weight)]) for weight in row] + [""] * (columns - len(row))


def half(above: str, below: str, count: int) -> Cells:
    """Return cells with one colour above another."""
    if not above:
        return Cells(("▄" if below else " ") * count, below, "")
    return Cells("▀" * count, above, below)
