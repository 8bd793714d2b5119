"""The columns of the chat: one model, and a second one to compare it with."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from tinygpt_tui.chat.inquiry import Inquiry
from tinygpt_tui.chat.talk import Talk
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.widgets.column import Column

FRAMES_PER_S = 25  # of streamed text


class Columns(Horizontal):
    """Two models with their conversations, the second hidden at first.

    Args:
        talks: What was said with each.
        **options: Passed to `Horizontal`.
    """

    def __init__(self, talks: tuple[Talk, Talk], **options: Any) -> None:
        super().__init__(**options)
        first, second = talks
        self.all = [Column(first, "choose a model", id="first"), Column(second, "choose a second model", id="second")]
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

    @property
    def subject(self) -> Subject | None:
        """The first model that has replied, and its text up to the end of its last reply."""
        if not self.inquiries:
            return None
        inquiry, question = self.inquiries[0], self.inquiries[0].question
        reply = question.written + question.character + question.rest
        if inquiry.talk.replies:
            return Subject(question.choice, reply, source=question.prompt)
        return Subject(question.choice, question.prompt + reply)

    def show(self) -> None:
        """Draw the current conversations anew."""
        for column in self.all:
            column.show()

    def flush(self) -> None:
        """Draw the text that has arrived since the last frame."""
        for column in self.all:
            column.flush()
