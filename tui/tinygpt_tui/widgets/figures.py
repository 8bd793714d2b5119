"""Names with values, aligned in columns."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from tinygpt_tui.text import plain

COLUMN = 32  # columns that a name with its value takes at least
GAP = 2
UNKNOWN = "–"


class Figures(Static):
    """Shows figures in as many columns as fit."""

    DEFAULT_CSS = "Figures { text-wrap: nowrap; text-overflow: ellipsis; }"

    _figures: Sequence[tuple[str, str]] = ()

    def show(self, figures: Sequence[tuple[str, str]]) -> None:
        """Set the figures: names with values.

        Args:
            figures: Names with values, which may be any text; an empty value is shown as a dash.
        """
        if figures != self._figures:
            self._figures = figures
            self.arrange()

    def on_resize(self) -> None:
        """Arrange the figures anew."""
        self.arrange()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows at a width: what is shown may still be arranged for another one."""
        del container, viewport
        return rows(self._figures, width)

    def arrange(self) -> None:
        """Show the figures in the columns that fit; only a height that follows them needs a layout."""
        height, size = self.styles.height, self.size
        follows = height is not None and height.is_auto and rows(self._figures, size.width) != size.height
        self.update(aligned(self._figures, size.width), layout=follows)


def rows(figures: Sequence[tuple[str, str]], width: int) -> int:
    """Return how many rows figures take at a width."""
    return -(-len(figures) // across(figures, width))


def across(figures: Sequence[tuple[str, str]], width: int) -> int:
    """Return in how many columns figures fit into a width."""
    return min(max(width // COLUMN, 1), len(figures) or 1)


def aligned(figures: Sequence[tuple[str, str]], width: int) -> Content:
    """Arrange figures in as many columns as fit, row by row.

    Args:
        figures: Names with values, which may be any text; an empty value is shown as a dash.
        width: The width in columns.

    Returns:
        The lines.
    """
    count = across(figures, width)
    columns = [figures[number::count] for number in range(count)]
    rooms = [room(column) for column in columns]
    spare = max(width - sum(rooms), 0) // count
    cells = [
        [cell(name, value, names(column), room + spare) for name, value in column]
        for column, room in zip(columns, rooms, strict=True)
    ]
    lines = [[column[row] for column in cells if row < len(column)] for row in range(len(cells[0]))]
    return Content("\n").join(Content("").join(line) for line in lines)


def names(column: Sequence[tuple[str, str]]) -> int:
    """Return the width of a column's names."""
    return max((plain(name).cell_length for name, _ in column), default=0) + 1


def room(column: Sequence[tuple[str, str]]) -> int:
    """Return the width that a column needs."""
    return names(column) + max((plain(value).cell_length for _, value in column), default=0) + GAP


def cell(name: str, value: str, name_width: int, width: int) -> Content:
    """Return a name with its value, padded to a width."""
    left = plain(name).pad_right(max(name_width - plain(name).cell_length, 0)).stylize("$foreground 70%")
    right = plain(value or UNKNOWN).stylize("bold")
    whole = left + right
    return whole.pad_right(max(width - whole.cell_length, 0))
