"""Both sides of the chat: one model, and beside it a second where one compares."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from tinygpt_tui.chat.conversation import Conversation
from tinygpt_tui.chat.inquiry import Inquiry
from tinygpt_tui.widgets.column import Column

FRAMES_PER_S = 25  # of a reply that is being written


class Columns(Horizontal):
    """Two models with their conversations, the second hidden at first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.all = [Column("choose a model", id="first"), Column("choose a second model", id="second")]
        """Both columns; for each character of a line they are asked whether they know it."""

    def compose(self) -> ComposeResult:
        """Show the columns."""
        yield from self.all

    def on_mount(self) -> None:
        """Draw what the models write as it comes."""
        self.all[1].display = False
        self.set_interval(1 / FRAMES_PER_S, self.flush)

    @property
    def active(self) -> list[Column]:
        """The columns that are shown and have a model."""
        return [column for column in self.all if column.display and column.choice is not None]

    @property
    def texts(self) -> list[tuple[str, str]]:
        """The models that are shown, and each one's conversation as a text file would hold it."""
        texts = [(column.label, column.conversation.as_text(column.label)) for column in self.active]
        return texts or [("", self.all[0].conversation.as_text())]

    @property
    def inquiries(self) -> list[Inquiry]:
        """What can be asked of the models that are shown, where anything has been written."""
        asked = [Inquiry(column.choice, column.conversation) for column in self.active if column.choice is not None]
        return [inquiry for inquiry in asked if inquiry.replies]

    def take_up(self, kept: Sequence[Conversation]) -> None:
        """Go on with the conversations of an earlier sitting, a play and free text for each column."""
        for column, conversations in zip(self.all, (kept[:2], kept[2:4]), strict=True):
            if [c.dialogue for c in conversations] == [True, False]:
                column.conversations = list(conversations)
            column.show()

    def show(self, dialogue: bool | None = None) -> None:
        """Show the conversations of a form, or the current ones anew."""
        for column in self.all:
            column.show(dialogue)

    def flush(self) -> None:
        """Draw what has come in since the last frame."""
        for column in self.all:
            column.flush()
