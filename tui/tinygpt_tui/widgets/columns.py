"""The columns of the chat: one model, and a second one to compare it with."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from tinygpt_tui.chat.conversation import Conversation
from tinygpt_tui.chat.inquiry import Inquiry
from tinygpt_tui.widgets.column import Column

FRAMES_PER_S = 25  # of streamed text


class Columns(Horizontal):
    """Two models with their conversations, the second hidden at first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.all = [Column("choose a model", id="first"), Column("choose a second model", id="second")]
        """Both columns, kept in a list because every character of a line is checked against them."""

    def compose(self) -> ComposeResult:
        """Yield the columns."""
        yield from self.all

    def on_mount(self) -> None:
        """Hide the second column, and draw streamed text at a fixed rate."""
        self.all[1].display = False
        self.set_interval(1 / FRAMES_PER_S, self.flush)

    @property
    def active(self) -> list[Column]:
        """The columns that are shown and have a model."""
        return [column for column in self.all if column.display and column.choice is not None]

    @property
    def texts(self) -> list[tuple[str, str]]:
        """The label of each shown model, with its conversation as plain text."""
        texts = [(column.label, column.conversation.as_text(column.label)) for column in self.active]
        return texts or [("", self.all[0].conversation.as_text())]

    @property
    def inquiries(self) -> list[Inquiry]:
        """An inquiry for each shown model whose conversation holds a reply."""
        asked = [Inquiry(column.choice, column.conversation) for column in self.active if column.choice is not None]
        return [inquiry for inquiry in asked if inquiry.replies]

    def take_up(self, kept: Sequence[Conversation]) -> None:
        """Restore saved conversations: for each column a play, then free text."""
        for column, conversations in zip(self.all, (kept[:2], kept[2:4]), strict=True):
            if [c.dialogue for c in conversations] == [True, False]:
                column.conversations = list(conversations)
            column.show()

    def show(self, dialogue: bool | None = None) -> None:
        """Show the plays or the free texts; by default, redraw the current ones."""
        for column in self.all:
            column.show(dialogue)

    def flush(self) -> None:
        """Draw the text that has arrived since the last frame."""
        for column in self.all:
            column.flush()
