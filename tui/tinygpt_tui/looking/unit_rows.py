"""Hidden units as rows of text: what each one tells, how surely, and where it is active."""

import itertools
from collections.abc import Sequence

from textual.content import Content

from tinygpt_keras.findings import Unit
from tinygpt_keras.findings.words import one_line
from tinygpt_tui.looking.pictures import one_cell
from tinygpt_tui.looking.ramp import DARK, Ramp
from tinygpt_tui.looking.tables import MARK, wrapped
from tinygpt_tui.text import plain

WITH_ACTIVITY = 42  # columns in which units are listed with their activity
WITH_STRIP = 60  # and with the text, shaded


def unit_rows(units: Sequence[Unit], text: str, row: int, place: int, columns: int, ramp: Ramp = DARK) -> list[Content]:
    """List hidden units with what they tell and, where there is room, how active each one is.

    Args:
        units: The units.
        text: What the model read.
        row: The one that is marked.
        place: The cursor in what the model read.
        columns: The width to keep to.
        ramp: The scale to shade with.

    Returns:
        A heading, a line for each unit, and what the numbers of the marked one mean.
    """
    more = " here" * (columns >= WITH_ACTIVITY) + "  active over the text" * (columns >= WITH_STRIP)
    rows = [plain(f"  {'detects':<22} {'unit':<6} AUC {more}").stylize("bold")]
    for number, unit in enumerate(units):
        here = number == row
        words = f"{MARK if here else ' '} {unit.concept or 'nothing measured':<22} {name(unit):<6} {unit.auc:.2f}"
        if columns >= WITH_ACTIVITY and place < len(unit.activations):
            words += f" {unit.activations[place]:.2f}"
        line = plain(words).stylize("bold" if here else "")
        if columns >= WITH_STRIP:
            line += plain("  ") + strip(unit, text, place, columns - line.cell_length - 2, ramp)
        rows.append(line)
    if row < len(units):
        rows += [plain(""), *wrapped(meaning(units[row], place), columns)]
    return rows


def name(unit: Unit) -> str:
    """Name a unit by its block and number, from 1."""
    return f"{unit.block + 1}.{unit.unit + 1}"


def meaning(unit: Unit, place: int) -> str:
    """Return a sentence on what the numbers of a unit mean."""
    words = f"{name(unit)} is hidden unit {unit.unit + 1} of block {unit.block + 1}'s feed-forward network."
    if place < len(unit.activations):
        words += f" Here its activation is {unit.activations[place]:.2f}."
    if unit.concept:
        words += (
            f" AUC {unit.auc:.2f}: of two characters, one “{unit.concept}” and one not, it is more active at the "
            f"first {100 * unit.auc:.0f} times in 100; by chance, 50."
        )
    return words


def strip(unit: Unit, text: str, place: int, columns: int, ramp: Ramp) -> Content:
    """Draw the text up to the cursor, shaded by a unit's activations."""
    end = min(place + 1, len(text), len(unit.activations))
    begin = max(end - columns, 0)
    most = max([*unit.activations, 1e-9])
    drawn = Content("")
    for style, run in itertools.groupby(range(begin, end), key=lambda at: ramp.ink(unit.activations[at] / most)):
        drawn += plain("".join(one_cell(one_line(text[at])) for at in run)).stylize(style)
    return drawn
