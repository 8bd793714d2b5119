"""A list that reports when it closes, so that the focus can return to the prompt."""

from typing import Any

from textual.message import Message
from textual.widgets import Select


class Picker(Select[Any]):
    """A `Select` that posts a message when it closes."""

    class Closed(Message):
        """The list was closed, with or without a new choice."""

        def __init__(self, picker: "Picker") -> None:
            super().__init__()
            self.picker = picker

    def watch_expanded(self, expanded: bool) -> None:
        """Post `Closed` when the list closes."""
        if not expanded:
            self.post_message(self.Closed(self))
