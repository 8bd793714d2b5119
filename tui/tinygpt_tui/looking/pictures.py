"""Attention as pictures: cells of half a row's height, whose brightness grows with the weight."""

import itertools
from collections.abc import Sequence

from textual.content import Content
from textual.style import Style

from tinygpt_keras.drawing.colours import STEPS, strength
from tinygpt_keras.findings import Head, Heads
from tinygpt_keras.findings.words import symbol
from tinygpt_tui.text import plain

LABELS = 4  # columns left of a map
HEADING = 1  # lines above a map
MARK = "▸"


def half(above: float | None, below: float | None) -> Content:
    """Return a cell with one weight above another; `None` leaves a half empty."""
    if above is None:
        return Content(" ") if below is None else Content("▄").stylize(f"{STEPS[strength(below)]}")
    ground = "" if below is None else f" on {STEPS[strength(below)]}"
    return Content("▀").stylize(f"{STEPS[strength(above)]}{ground}")


def heat(rows: Sequence[Sequence[float | None]]) -> list[Content]:
    """Draw rows of weights of the same length, two a line."""
    padded = [*rows, [None] * len(rows[0])] if len(rows) % 2 else rows
    return [
        Content("").join(half(above, below) for above, below in zip(upper, lower, strict=True))
        for upper, lower in zip(padded[::2], padded[1::2], strict=True)
    ]


def window(length: int, place: int, size: int) -> int:
    """Return where a window of a text begins that shows a place with a little of what follows it."""
    return min(max(place + 1 + size // 4 - size, 0), max(length - size, 0))


def head_map(found: Head, place: int, columns: int, lines: int) -> Content:
    """Draw what a head looks at: a row a character, a column a character, around the cursor.

    Args:
        found: The head's weights.
        place: The cursor in what the model read.
        columns: The width to fill.
        lines: The height to fill.

    Returns:
        Lines; the first one has the text, and a mark stands beside the cursor's row.
    """
    size = max(min(columns - LABELS, 2 * (lines - HEADING), len(found.text)), 1)
    first = window(len(found.text), place, size)
    rows = [
        [row[n] if n < len(row) else None for n in range(first, first + size)]
        for row in found.weights[first : first + size]
    ]
    letters = [symbol(character) for character in found.text[first : first + size]]
    heading = Content("").join(
        plain(letter).stylize("reverse") if first + n == place else plain(letter) for n, letter in enumerate(letters)
    )
    drawn = [Content(" " * LABELS) + heading]
    for number, line in enumerate(heat(rows)):
        here = first + 2 * number <= place <= first + 2 * number + 1
        label = "".join(letters[2 * number : 2 * number + 2])
        drawn.append(plain(f"{label:<2}{MARK if here else ' '} ") + line)
    return Content("\n").join(drawn)


def board(found: Heads, chosen: tuple[int, int], columns: int, lines: int) -> Content:
    """Draw a small picture of every head, a row a block, with a mark at the chosen one.

    Args:
        found: The pictures.
        chosen: The block and head that are chosen.
        columns: The width to keep to.
        lines: The height to keep to.
    """
    blocks, heads = len(found.maps), len(found.maps[0])
    side = len(found.maps[0][0])
    while side > 2 and (heads * cell(side) > columns or blocks * (-(-side // 2) + 1) > lines):
        side -= 1
    drawn: list[Content] = []
    for block, row in enumerate(found.maps):
        pictures = [heat(shrunk(picture, side)) for picture in row]
        titles = [title(block, head, (block, head) == chosen, side) for head in range(heads)]
        drawn.append(Content("").join(titles))
        for line in zip(*pictures, strict=True):
            cells = [
                link(Content(" ") + picture + Content(" " * (cell(side) - 1 - picture.cell_length)), block, head)
                for head, picture in enumerate(line)
            ]
            drawn.append(Content("").join(cells))
    return Content("\n").join(drawn)


def cell(side: int) -> int:
    """Return the columns of a head with its name, such as `▸1.1`."""
    return max(side + 2, len("▸1.1 "))


def title(block: int, head: int, is_chosen: bool, side: int) -> Content:
    """Name a head, as wide as its picture."""
    name = f"{block + 1}.{head + 1}"
    words = f"{MARK if is_chosen else ' '}{name}".ljust(cell(side))
    return link(plain(words).stylize("bold" if is_chosen else ""), block, head)


def link(content: Content, block: int, head: int) -> Content:
    """Make a click on this content choose a head."""
    return content.stylize(Style.from_meta({"head": (block, head)}))


def shrunk(picture: Sequence[Sequence[float]], side: int) -> list[list[float]]:
    """Return the greatest weight in each of side x side parts of a picture."""
    length = len(picture)
    if side >= length:
        return [list(row) for row in picture]
    edges = [n * length // side for n in range(side + 1)]
    spans = list(itertools.pairwise(edges))
    return [
        [max(max(row[left:right]) for row in picture[top:bottom]) for left, right in spans] for top, bottom in spans
    ]
