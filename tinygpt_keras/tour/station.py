"""A step of the tour on a sentence, in plain numbers that a process without NumPy can show."""

import typing
from dataclasses import dataclass

LONGEST = 24
"""The most characters of a sentence: a matrix of 24 columns still fits a terminal of 80."""
Kind = typing.Literal["channels", "weights", "scores"]


@dataclass(frozen=True)
class Table:
    """A matrix with a row for each character of a text, usually the sentence."""

    title: str
    kind: Kind
    """`channels` have a column for each number that a character holds, the others one for each character."""
    rows: list[list[float | None]]
    """The numbers, rounded; `None` stands for minus infinity."""
    sees_all: bool = False
    """Whether a row sees every column, not only those up to its own place."""
    reply: str = ""
    """The text whose characters the rows are, where that is not the sentence."""


@dataclass(frozen=True)
class Station:
    """What a step computes on a sentence, beside the form before it."""

    before: Table
    after: Table
    difference: float
    """The greatest absolute difference between the numbers of the two."""
    further: list[Table]
    """Other matrices of the step."""
