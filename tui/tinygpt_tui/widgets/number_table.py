"""A small matrix in numbers, shaded by their size; its rows are the characters of a sentence."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from textual.content import Content, Span
from textual.widgets import Static

from tinygpt_keras.tour.station import Table
from tinygpt_tui.learn.formats import LATER, MASKED, MORE, Format, cell, columns_shown, fit, labels, level, outer

LABEL = 2  # cells
FRAME = 3  # rows: the border, and the labels of the columns
EDGES = 6  # columns of the lower border that its words cannot take
STRENGTH = 10  # per cent of colour per level, which leaves numbers a contrast of 4.5 or more
ABOUT = {"channels": "", "weights": "row takes from column", "scores": "row looks at column"}
ABOUT_REPLY = {**ABOUT, "weights": "reply takes from sentence", "scores": "reply looks at sentence"}


class NumberTable(Static):
    """Shows a matrix. Above zero it is shaded in one colour, below zero, where numbers have a sign, in another."""

    height = 0
    """The rows that it takes."""

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = "NumberTable { height: auto; width: auto; }"

    def show(self, table: Table, sentence: str, budget: int, tall: bool, fill: bool = False) -> int:
        """Show a matrix as wide as there is room for.

        Args:
            table: The matrix.
            sentence: The characters of its rows, unless these are of a reply, and of its columns.
            budget: The columns of the terminal that it may take.
            tall: Whether each row takes two lines.
            fill: Whether it takes all these columns.

        Returns:
            The columns that it takes.
        """
        format = fit(table, budget)
        width = budget if fill else min(outer(len(table.rows[0]), format.width), budget)
        self.height = len(table.rows) * (2 if tall else 1) + FRAME
        self.styles.width, self.styles.min_height = width, 0
        self.border_title = table.title
        about = (ABOUT_REPLY if table.reply else ABOUT)[table.kind]
        whole = ", ".join(filter(None, (about, format.unit)))
        self.border_subtitle = whole if cell_len(whole) <= width - EDGES else format.unit
        self.update(drawn(table, labels(sentence), format, tall, columns_shown(table, format, width)))
        return width

    def say(self, text: Content, budget: int, rows: int) -> None:
        """Show words in place of a matrix of some rows, in a budget of columns."""
        self.styles.width, self.styles.min_height = budget, rows + FRAME
        self.border_title = self.border_subtitle = ""
        self.update(text)


def drawn(table: Table, names: list[str], format: Format, tall: bool, count: int) -> Content:
    """Return a matrix as content: a line of labels, then each row, which takes two lines if it is tall.

    Args:
        table: The matrix.
        names: The labels of the sentence's characters.
        format: How its numbers are written.
        tall: Whether a row takes two lines.
        count: How many columns are shown; a mark ends the rows if these are not all.
    """
    heads = [str(number) for number in range(1, len(table.rows[0]) + 1)] if table.kind == "channels" else names
    more, heads = f" {MORE}" if count < len(heads) else "", heads[:count]
    text = " " * LABEL + "".join(fitted(head, format.width) for head in heads) + more
    spans = [Span(0, len(text), "bold")]
    for place, name in enumerate(labels(table.reply) if table.reply else names):
        numbers = [cell(table, place, column, format).rjust(format.width) for column in range(len(heads))]
        blanks = [" " * format.width] * len(heads)
        for label, cells in ((name, numbers), ("", blanks))[: 2 if tall else 1]:
            text += f"\n{fitted(label, LABEL)}"
            spans.append(Span(len(text) - LABEL, len(text), "bold"))
            spans += shading(table, place, cells, len(text))
            text += "".join(cells) + (more if label else "")
    return Content(text, spans=spans)


def shading(table: Table, place: int, cells: list[str], start: int) -> Iterator[Span]:
    """Yield the styles of a row's cells, of which the first is at `start` of the text; equal neighbours share one."""
    styles = [
        style(level(table.kind, value), text.strip()) for value, text in zip(table.rows[place], cells, strict=False)
    ]
    for shade, run in groupby(zip(styles, cells, strict=True), key=itemgetter(0)):
        end = start + sum(len(text) for _, text in run)
        if shade:
            yield Span(start, end, shade)
        start = end


def style(strength: int, number: str) -> str:
    """Return the style of a number with a level of shading."""
    if number in (LATER, MASKED):
        return "$foreground 50%"
    return f"on {'$accent' if strength > 0 else '$primary'} {STRENGTH * abs(strength)}%" if strength else ""


def fitted(text: str, width: int) -> str:
    """Pad a text on the left to `width` cells, or put a mark in place of one that is wider."""
    return " " * (width - cell_len(text)) + text if cell_len(text) <= width else "◌".rjust(width)
