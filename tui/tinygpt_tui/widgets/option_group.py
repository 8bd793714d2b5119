"""Rows of a form that belong together, mounted when they are first opened."""

from collections.abc import Callable
from typing import Any

from textual.widgets import Collapsible

from tinygpt_tui.training.groups import Group
from tinygpt_tui.widgets.one_line import fitting
from tinygpt_tui.widgets.option_row import OptionRow

ARROW = 2  # columns before a title


class OptionGroup(Collapsible):
    """A group of fields, closed at first: there are many, and most people never open them.

    Args:
        group: The fields.
        make_row: Makes the row of a field, given its name.
    """

    DEFAULT_CSS = """
    OptionGroup {
        background: transparent; border-top: none; padding: 0; height: auto;
        &:focus-within { background-tint: transparent 0%; }
        CollapsibleTitle { padding: 0; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        Contents { padding: 0 0 0 2; }
        OptionRow .name { width: 28; }
        OptionRow Input, OptionRow Select { width: 17; }
    }
    """

    def __init__(self, group: Group, make_row: Callable[[str], OptionRow]) -> None:
        names = ", ".join(name.replace("_", " ") for name in group.names)
        super().__init__(title=f"{group.title}: {names}")
        self._whole_title = self.title
        self.group = group
        self.by_hand = False
        """Whether the user has opened or closed it; until then the height of the screen decides."""
        self._make_row = make_row

    def on_resize(self) -> None:
        """Let the title end after a whole word."""
        self.title = fitting(self._whole_title, self.size.width - ARROW)

    def on_collapsible_title_toggle(self) -> None:
        """Leave the group as the user wants it."""
        self.by_hand = True

    async def on_collapsible_expanded(self) -> None:
        """Mount the rows on first use."""
        contents = self.query_one(Collapsible.Contents)
        if not contents.children:
            await contents.mount_all(self._make_row(name) for name in self.group.names)

    def scroll_visible(self, *arguments: Any, **options: Any) -> None:
        """Show what the user has opened; what the screen's height opens does not move the form."""
        if self.by_hand:
            super().scroll_visible(*arguments, **options)

    def fit(self, rows: int) -> int:
        """Open or close the group for the height of the screen, unless the user has decided.

        Args:
            rows: The free rows.

        Returns:
            The rows that are still free.
        """
        needed = len(self.group.names)
        if not self.by_hand:
            self.collapsed = needed > rows
        return rows if self.collapsed else rows - needed
