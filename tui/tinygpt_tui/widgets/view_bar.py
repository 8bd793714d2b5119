"""A line with the names of the views, each with its key."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from tinygpt_tui.text import plain
from tinygpt_tui.widgets.still import Still

ONE_LINE = 64  # columns that all views take side by side
TITLED = 40  # columns in which there is room for all titles, in two lines


class ViewBar(Still):
    """Shows the views; brackets mark the current one, and a click chooses another.

    Args:
        views: The title of each view, by its name.
        keys: The key of each view, by its name.
    """

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    DEFAULT_CSS = "ViewBar { height: auto; width: 1fr; padding: 0 1; }"

    def __init__(self, views: dict[str, str], keys: dict[str, str], id: str) -> None:
        super().__init__(id=id)
        self.views = views
        self.keys = keys

    def mark(self, current: str) -> None:
        """Mark a view as the current one."""
        parts: list[Content] = []
        for name, title in self.views.items():
            label = f"‹{title}›" if name == current else f" {title} " if self.size.width >= TITLED else " "
            part = plain(self.keys[name]).stylize("bold $accent") + plain(label)
            part = part.stylize("bold" if name == current else "").stylize(Style.from_meta({"view": name}))
            half = len(parts) == len(self.views) - 2  # two parts a view
            parts += [part, plain("\n" if half and TITLED <= self.size.width < ONE_LINE else " ")]
        self.show(Content.assemble(*parts))

    def on_click(self, event: events.Click) -> None:
        """Post which view was clicked."""
        view = event.style.meta.get("view")
        if isinstance(view, str):
            self.post_message(self.Chosen(view))
