"""A list to choose from that says when it is closed again, so that the focus can go where one writes."""

from typing import Any

from textual.message import Message
from textual.widgets import Select


class Picker(Select[Any]):
    """A `Select` that tells of its end."""

    class Closed(Message):
        """The list was closed, whether or not anything else was chosen."""

        def __init__(self, picker: "Picker") -> None:
            super().__init__()
            self.picker = picker

    def watch_expanded(self, expanded: bool) -> None:
        """Say so."""
        if not expanded:
            self.post_message(self.Closed(self))
