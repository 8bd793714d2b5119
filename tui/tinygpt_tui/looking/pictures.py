"""Attention as pictures: cells whose colour, or whose sign, grows with the weight; the future is left empty."""

import itertools
from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content, Span
from textual.style import Style

from tinygpt_keras.drawing.cells import Cells, heat
from tinygpt_keras.findings import Head, Heads
from tinygpt_keras.findings.words import symbol
from tinygpt_tui.looking.ramp import DARK, Ramp
from tinygpt_tui.text import plain

LABELS = 4  # columns left of a map
HEADING = 1  # lines above a map
SIZES = (6, 4, 2)  # columns of a cell, where a text is so short that a map has room
MARK = "▸"


def picture(rows: Sequence[Sequence[float]], columns: int, ramp: Ramp) -> list[Content]:
    """Draw weights, two rows a line in colours, or one in signs; what a row lacks is empty."""
    if ramp.has_colours:
        return [painted(line) for line in heat(rows, columns, ramp.steps)]
    return [plain("".join(map(ramp.sign, row)).ljust(columns)) for row in rows]


def past(rows: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Return the weights of a square without those of the future, where no head can look."""
    return [row[: number + 1] for number, row in enumerate(rows)]


def painted(line: Sequence[Cells]) -> Content:
    """Return a line of cells in their colours."""
    spans: list[Span] = []
    end = 0
    for text, letter, ground in line:
        begin, end = end, end + len(text)
        if letter:
            spans.append(Span(begin, end, f"{letter} on {ground}" if ground else letter))
    return Content("".join(cells.text for cells in line), spans, end)


def window(length: int, place: int, size: int) -> int:
    """Return where a window of a text begins that shows a place with a little of what follows it.

    It moves by a quarter of its size at a time, so that most moves of the cursor leave the picture as it is.
    """
    jump = max(size // 4, 1)
    ahead = place + 1 + size // 4 - size
    return min(max(-(-ahead // jump) * jump, 0), max(length - size, 0))


def head_map(found: Head, place: int, columns: int, lines: int, ramp: Ramp = DARK) -> list[Content]:
    """Draw what a head looks at: a row a character, a column a character, around the cursor.

    Args:
        found: The head's weights.
        place: The cursor in what the model read.
        columns: The width to fill.
        lines: The height to fill.
        ramp: The scale to draw with.

    Returns:
        The first line has the text, with the cursor, or the source, with what the cursor's row looks at most; a mark
        stands beside that row.
    """
    each = ramp.rows_a_line
    height = max(min(each * (lines - HEADING), len(found.text)), 1)
    width = max(min(columns - LABELS, len(found.seen or found.text)), 1)
    if not found.seen:  # the same characters stand beside and above
        height = width = min(height, width)
    first = window(len(found.text), place, height)
    marked = most_looked_at(found, place)
    left = window(len(found.seen), marked, width) if found.seen else first
    rows = [row[left : left + width] for row in found.weights[first : first + height]]
    letters = cells_of(found.text[first : first + height])
    above, eye = cells_of((found.seen or found.text)[left : left + width]), marked - left
    size = cell_size(height, width, lines - HEADING, columns - LABELS)
    spread = [letter.center(size) for letter in above]
    heading = plain("".join(spread[:eye])) + plain(spread[eye]).stylize("reverse") + plain("".join(spread[eye + 1 :]))
    drawn = [plain(" " * LABELS) + heading]
    tall = size // 2  # lines of a row, each of as many rows of the picture
    if tall:
        rows = [[weight for weight in row for _ in range(size)] for row in rows for _ in range(tall * each)]
    for number, line in enumerate(picture(rows, size * width, ramp)):
        of = range(number // tall, number // tall + 1) if tall else range(each * number, each * (number + 1))
        is_labelled = not tall or number % tall == tall // 2  # in the middle of a row
        mark = MARK if place - first in of and is_labelled else " "
        label = "".join(letters[of.start : of.stop]) if is_labelled else ""
        drawn.append(plain(f"{label:<2}{mark} ") + line)
    return drawn


def cell_size(rows: int, columns: int, lines: int, width: int) -> int:
    """Return the columns of a cell of a map, which takes half as many lines: more than one where all of it fits."""
    return next((size for size in SIZES if rows * size // 2 <= lines and columns * size <= width), 1)


def most_looked_at(found: Head, place: int) -> int:
    """Return the place of the source that a place looks at most; the place itself where there is no source."""
    row = found.weights[place]
    return max(range(len(row)), key=row.__getitem__) if found.seen else place


def cells_of(text: str) -> list[str]:
    """Return each character as one cell."""
    return [one_cell(symbol(character)) for character in text]


def one_cell(letter: str) -> str:
    """Return a letter that takes one cell, as each column of a map does; a mark in place of a wider or narrower one."""
    return letter if cell_len(letter) == 1 else "◌"


def board(found: Heads, chosen: tuple[int, int], columns: int, lines: int, ramp: Ramp = DARK) -> Content:
    """Draw a small picture of every head, a row a block, with a mark at the chosen one.

    Args:
        found: The pictures.
        chosen: The block and head that are chosen.
        columns: The width to keep to.
        lines: The height to keep to.
        ramp: The scale to draw with.
    """
    blocks, heads = len(found.maps), len(found.maps[0])
    first = found.maps[0][0]
    side = max(len(first), len(first[0]))
    while side > 2 and (
        heads * cell(side) > columns or blocks * (-(-min(side, len(first)) // ramp.rows_a_line) + 1) > lines
    ):
        side -= 1
    drawn: list[Content] = []
    for block, row in enumerate(found.maps):
        small = [shrunk(weights, side) for weights in row]
        # A source is seen as a whole, of a text only the past.
        pictures = [picture(one if found.seen else past(one), len(one[0]), ramp) for one in small]
        titles = [title(block, head, (block, head) == chosen, side) for head in range(heads)]
        drawn.append(Content("").join(titles))
        for line in zip(*pictures, strict=True):
            cells = [
                link(Content(" ") + part + Content(" " * (cell(side) - 1 - part.cell_length)), block, head)
                for head, part in enumerate(line)
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


def shrunk(weights: Sequence[Sequence[float]], side: int) -> list[list[float]]:
    """Return the greatest weight in each of side x side parts of a picture, or fewer where it is smaller."""
    rows, columns = spans(len(weights), side), spans(len(weights[0]), side)
    return [
        [max(max(row[left:right]) for row in weights[top:bottom]) for left, right in columns] for top, bottom in rows
    ]


def spans(length: int, most: int) -> list[tuple[int, int]]:
    """Divide a length into some parts of about the same size, or into single places where there are fewer."""
    count = min(most, length)
    return list(itertools.pairwise(n * length // count for n in range(count + 1)))
