"""The canvas of the loss plot: lines share cells, and two thin axes replace the library's heavy box."""

from collections.abc import Callable

from textual.geometry import Region
from textual.strip import Strip
from textual_hires_canvas import Canvas

NO_DOTS, ALL_DOTS = "\u2800", "\u28ff"  # the first and the last braille character
EVERY = 3  # cells of a dotted line, of which one has dots


class PlotCanvas(Canvas):
    """A `Canvas` on which a line keeps the dots of those that were drawn before it.

    Args:
        fit: Draws for the current sizes; called before the canvas is painted.
        id: Its identifier.
    """

    dotted = ""
    """The style whose lines are dotted, to be told from curves without colours."""

    def __init__(self, fit: Callable[[], None], id: str | None) -> None:
        super().__init__(1, 1, id=id)
        self.fit = fit

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a region, drawn for the current size."""
        self.fit()
        return super().render_lines(crop)

    def set_pixel(self, x: int, y: int, char: str = "█", style: str = "white") -> None:
        """Set a cell; dots are added to those that stand there, in the new colour.

        Args:
            x: The column.
            y: The row.
            char: The character; an empty one leaves the cell as it is.
            style: Its style.
        """
        if not char or (style == self.dotted and is_dots(char) and x % EVERY):
            return
        if is_dots(char) and 0 <= x < self._canvas_size.width and 0 <= y < self._canvas_size.height:
            char = both(self.get_pixel(x, y)[0], char)
        super().set_pixel(x, y, char, style)

    def draw_rectangle_box(self, x0: int, y0: int, x1: int, y1: int, thickness: int = 1, style: str = "white") -> None:
        """Draw the left and the lower side of a box, thin whatever the thickness.

        Args:
            x0: The left column.
            y0: The upper row.
            x1: The right column.
            y1: The lower row.
            thickness: What the library asks for.
            style: The style.
        """
        del thickness
        self.draw_line(x0, y0, x0, y1, "│", style)
        self.draw_line(x0, y1, x1, y1, "─", style)
        super().set_pixel(x0, y1, "└", style)


def is_dots(char: str) -> bool:
    """Whether a character is a braille pattern."""
    return NO_DOTS <= char <= ALL_DOTS


def both(below: str, above: str) -> str:
    """Return the dots of two braille characters in one; the upper one where the lower is something else."""
    return chr(ord(below) | ord(above)) if is_dots(below) else above
