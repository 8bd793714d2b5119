"""The line where a person types, with earlier lines on the arrow keys."""

from typing import Any

from textual.binding import Binding

from tinygpt_tui.widgets.plain_input import PlainInput


class Prompt(PlainInput):
    """An input with a history."""

    BINDINGS = [
        Binding("up", "recall(-1)", "Earlier line", show=False),
        Binding("down", "recall(1)", "Later line", show=False),
    ]

    def __init__(self, **options: Any) -> None:
        # Textual would select the line on every return to it, and the next key would replace what was typed before.
        super().__init__(select_on_focus=False, **options)
        self.lines: list[str] = []
        self._place = 0
        self._draft = ""

    def remember(self, line: str) -> None:
        """Add a line to the history and clear the input."""
        if line and self.lines[-1:] != [line]:
            self.lines.append(line)
        self._place = len(self.lines)
        self.value = ""

    def action_recall(self, way: int) -> None:
        """Step through the history; past its end is the unfinished line."""
        if self._place >= len(self.lines):
            self._draft = self.value
        place = min(max(self._place + way, 0), len(self.lines))
        if place == self._place:
            return
        self._place = place
        self.value = self.lines[place] if place < len(self.lines) else self._draft
        self.cursor_position = len(self.value)
