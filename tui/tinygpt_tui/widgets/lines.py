"""A list of lines of any length, of which only those in sight are drawn."""

from collections.abc import Sequence
from typing import Self

from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Lines(ScrollView, can_focus=False):
    """Shows lines, each cut off at the right border, and draws those that changed.

    A `Static` in a scrolling container lays out and draws all of its lines at each change.
    """

    DEFAULT_CSS = "Lines { overflow-x: hidden; scrollbar-size-vertical: 1; }"
    lines: Sequence[Content] = ()
    _drawn: Sequence[Content] = ()
    _only_below = False

    @property
    def in_sight(self) -> range:
        """The numbers of the lines that are in sight."""
        top = self.scroll_offset.y
        return range(top, max(min(top + self.size.height, len(self.lines)), top))

    def show_lines(self, lines: Sequence[Content]) -> None:
        """Show other lines."""
        self.lines = lines
        self.measure()
        before, self._drawn = self._drawn, [lines[number] for number in self.in_sight]
        if len(before) != len(self._drawn):
            self.refresh()
            return
        for number, line, was in zip(self.in_sight, self._drawn, before, strict=True):
            if not line.is_same(was):
                self.refresh_line(number)

    def tell(self, where: Content) -> None:
        """Set what the lower border says; a change draws that border alone anew, not all lines."""
        if where.markup != self.border_subtitle:
            self._only_below = True
            self.border_subtitle = where
            self._only_below = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Ask for regions, or all, to be drawn anew."""
        if self._only_below:
            width, height = self.outer_size
            regions = (Region(0, height - 1, width, 1).translate(-self.content_offset),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def measure(self) -> None:
        """Set the virtual size to that of all lines; a change asks for a new layout."""
        size = Size(1, max(len(self.lines), self.size.height))
        if size != self.virtual_size:
            self.virtual_size = size

    def reveal(self, number: int) -> None:
        """Scroll as little as possible to bring a line into sight."""
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        wanted = min(max(top, number - height + 1), number)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        self.vertical_scrollbar.position = new_value  # Textual skips a scrollbar that is not shown yet
        self._drawn = [self.lines[number] for number in self.in_sight]

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.measure()
        self._drawn = ()

    def render_line(self, y: int) -> Strip:
        """Draw a line in sight."""
        number, width, style = self.scroll_offset.y + y, self.size.width, self.visual_style
        if not 0 <= number < len(self.lines):
            return Strip.blank(width, style.rich_style)
        line = self.lines[number].truncate(self.scrollable_size.width, ellipsis=True)  # beside a scrollbar
        return Strip(line.render_segments(style), line.cell_length).adjust_cell_length(width, style.rich_style)
