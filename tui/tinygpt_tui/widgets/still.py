"""A few lines that are drawn only when they change."""

from textual.content import Content
from textual.widgets import Static


class Still(Static):
    """Shows lines that are never wrapped; asks for a new layout only if their number changes."""

    DEFAULT_CSS = "Still { text-wrap: nowrap; text-overflow: ellipsis; }"
    _shown = Content("")

    def show(self, content: Content) -> None:
        """Show some lines."""
        if not content.is_same(self._shown):
            before, self._shown = self._shown, content
            self.update(content, layout=content.plain.count("\n") != before.plain.count("\n"))
