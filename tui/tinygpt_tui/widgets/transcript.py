"""A conversation on the screen: who speaks, what they say, and what the model adds as it writes."""

from typing import Any

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tinygpt_tui.state.conversation import Conversation, Turn, speech
from tinygpt_tui.text import plain, shortened


class Transcript(VerticalScroll):
    """Shows a conversation; follows its end unless one has scrolled away from it."""

    DEFAULT_CSS = """
    Transcript {
        padding: 0 1;
        Static { width: 1fr; height: auto; }
        Static.-dialogue { margin: 0 0 1 0; }
        Static.-written { color: $foreground; border-left: outer $accent; padding-left: 1; }
        Static.-said { color: $foreground 80%; border-left: blank; padding-left: 1; }
    }
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.conversation = Conversation()
        self.model = ""

    def show(self, conversation: Conversation, model: str) -> None:
        """Show a conversation from its beginning.

        Args:
            conversation: The conversation.
            model: Who goes on with it; what others wrote says so.
        """
        self.conversation = conversation
        self.model = model
        self.remove_children()
        self.mount_all(self.passage(turn) for turn in conversation.turns)
        self.anchor()

    def passage(self, turn: Turn) -> Static:
        """Make the widget of one turn."""
        kind = "-written" if turn.written else "-said"
        form = " -dialogue" if self.conversation.dialogue else ""
        return Static(self.content(turn), classes=kind + form)

    def content(self, turn: Turn) -> Content:
        """Set a turn: the speaker in bold, the speech beneath, and faintly the name of a model that is another's."""
        mark = turn.mark(self.model)
        author = plain(f"\n{mark}" if mark else "").stylize("dim")
        if not self.conversation.dialogue:
            return Content.assemble(plain(shortened(turn.text)), author)
        speaker, said = speech(turn.text)
        body = plain(shortened(said).strip("\n") or ("…" if turn.written else ""))
        return Content.assemble(plain(speaker + "\n").stylize("bold") if speaker else "", body, author)

    def add(self, turn: Turn) -> None:
        """Show a further turn."""
        self.mount(self.passage(turn))
        self.anchor()

    def refresh_last(self) -> None:
        """Show what was added to the last turn."""
        passages = self.query(Static)
        if passages and self.conversation.turns:
            passages.last().update(self.content(self.conversation.turns[-1]))
