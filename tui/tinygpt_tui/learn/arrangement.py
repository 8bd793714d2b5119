"""Where the parts of a step stand, depending on the terminal's size and the sentence's length."""

import typing

from tinygpt_keras.tour.station import Station
from tinygpt_tui.learn.formats import least

PROSE, LONG_PROSE = 40, 56  # columns that the sentences take at least
CODE = 70  # columns that the code takes at least
WIDE, HIGH = 160, 50  # of a large terminal
TALL = 12  # the most characters whose rows may take two lines each


class Arrangement(typing.NamedTuple):
    """The layout of a step."""

    form: typing.Literal["beside", "pair", "stack"]
    """The sentences beside two tables, above two tables, or above one table above the other."""
    pair: int
    """Columns for each of the two compared tables."""
    further: int
    """Columns for each further table."""
    in_row: bool
    """Whether the further tables stand side by side."""
    tall: bool
    """Whether each row of a table takes two lines."""


def arrange(station: Station, width: int, height: int) -> Arrangement:
    """Arrange a step.

    Args:
        station: The step on a sentence.
        width: The columns that there are.
        height: The rows of the terminal.

    Returns:
        The arrangement; tables that fit nowhere get all the columns.
    """
    needed = max(least(station.before), least(station.after))
    count = max(len(station.further), 1)
    rest = (width - (LONG_PROSE if width >= WIDE else PROSE)) // 2
    if rest < needed:
        pair = width // 2
        form = "pair" if pair >= needed else "stack"
        in_row = all(least(table) <= width // count for table in station.further)
        return Arrangement(form, pair if form == "pair" else width, width // count if in_row else width, in_row, False)
    in_row = sum(map(least, station.further)) <= width - CODE
    further = (width - CODE) // count if in_row else width - CODE
    tall = height >= HIGH and len(station.before.rows) <= TALL
    return Arrangement("beside", rest, further, in_row, tall)
