"""A conversation on the screen: speakers, speeches, and the model's reply as it streams in."""

import itertools
from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tinygpt_tui.chat.conversation import Conversation, Turn, speech
from tinygpt_tui.text import plain, shortened
from tinygpt_tui.widgets.plain_input import everything_known

STRUCK = "strike reverse"  # as in `PlainInput`
PLAY_HINT = """\
You say a line as one character of a play, and the model writes what the next one says.

Type a line and press Enter. On an empty line, Enter lets the play begin without you.
Tab leads to the names and to the settings, F5 to another model, F6 puts a second model beside it."""
FREE_HINT = """\
The model goes on with any text that you type.

Type how it begins and press Enter. On an empty line, Enter lets the model begin by itself.
Tab leads to the settings, F5 to another model, F6 puts a second model beside it."""
REPLY_HINT = """\
The model replies to each line by itself. It remembers none of the lines before.

Type a line and press Enter.
Tab leads to the settings, F5 to another model, F6 puts a second model beside it."""
NEWEST = 100  # turns that a conversation is opened with: each is a widget, which takes milliseconds to lay out


class Transcript(VerticalScroll):
    """Shows a conversation; follows its end unless the user has scrolled away."""

    DEFAULT_CSS = """
    Transcript {
        padding: 0 1;
        /* Textual 8 scrolls an anchored widget to its end also if it is short, and so down to its last row. */
        .turns { height: auto; min-height: 100%; }
        Static { width: 1fr; height: auto; }
        Static.-dialogue { margin: 0 0 1 0; }
        Static.-written { color: $foreground; border-left: outer $accent; padding-left: 1; }
        Static.-earlier { color: $foreground 80%; }
        Static.-hint { color: $foreground 70%; padding: 0 1; }
        Static.-said { color: $foreground 80%; border-left: blank; padding-left: 1; }
    }
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.conversation = Conversation()
        self.model = ""
        self.knows: Callable[[str], bool] = everything_known

    def compose(self) -> ComposeResult:
        """Yield what holds the turns."""
        yield Vertical(classes="turns")

    @property
    def turns(self) -> Vertical:
        """What holds the turns, at least as high as the transcript."""
        return self.query_one(".turns", Vertical)

    def show(self, conversation: Conversation, model: str, knows: Callable[[str], bool] = everything_known) -> None:
        """Show the `NEWEST` turns of a conversation.

        Args:
            conversation: The conversation.
            model: The label of the current model; turns of other models show their names.
            knows: Whether the model knows a character; others are struck out.
        """
        self.conversation = conversation
        self.model = model
        self.knows = knows
        self.turns.remove_children()
        earlier = len(conversation.turns) - NEWEST
        if earlier > 0:
            self.turns.mount(
                Static(plain(f"… {earlier:,} earlier turns; Ctrl+S saves all …"), classes="-earlier -dialogue")
            )
        if not conversation.turns:
            hint = REPLY_HINT if conversation.replies else PLAY_HINT if conversation.dialogue else FREE_HINT
            self.turns.mount(Static(plain(hint), classes="-hint"))
        self.turns.mount_all(self.passage(turn) for turn in conversation.turns[-NEWEST:])
        self.anchor()

    def passage(self, turn: Turn) -> Static:
        """Return the widget of one turn."""
        kind = "-written" if turn.written else "-said"
        form = " -dialogue" if self.conversation.dialogue or self.conversation.replies else ""
        return Static(self.content(turn), classes=kind + form)

    def content(self, turn: Turn) -> Content:
        """Return a turn: the speaker in bold, the speech, and dimmed, the name of another model that wrote it."""
        mark = turn.mark(self.model)
        author = plain(f"\n{mark}" if mark else "").stylize("dim")
        if not (self.conversation.dialogue or self.conversation.replies):
            return Content.assemble(self.marked(shortened(turn.text), turn), author)
        speaker, said = speech(turn.text)
        body = self.marked(shortened(said).strip("\n"), turn) or ("…" if turn.written else "")
        name = self.marked(shortened(speaker) + "\n", turn).stylize("bold") if speaker else ""
        return Content.assemble(name, body, author)

    def marked(self, text: str, turn: Turn) -> Content:
        """Return a part of a turn; characters that are dropped before the model reads it are struck out."""
        foreign = turn.text[: turn.given] if turn.written and turn.by == self.model else turn.text
        unknown = {character for character in set(foreign) if not self.knows(character)}
        if not unknown:
            return plain(text)
        runs = itertools.groupby(text, key=unknown.__contains__)
        parts = [(plain("".join(run)), is_unknown) for is_unknown, run in runs]
        return Content.assemble(*(part.stylize(STRUCK) if is_unknown else part for part, is_unknown in parts))

    def add(self, turn: Turn) -> None:
        """Append a turn."""
        self.query(".-hint").remove()
        self.turns.mount(self.passage(turn))
        self.anchor()

    def refresh_all(self) -> None:
        """Redraw all turns."""
        passages = [*self.query("Static.-said, Static.-written").results(Static)]
        # Pair them from the end: widgets of the previous conversation may still be mounted.
        for passage, turn in zip(reversed(passages), reversed(self.conversation.turns), strict=False):
            passage.update(self.content(turn))

    def refresh_last(self) -> None:
        """Redraw the last turn."""
        passages = self.query(Static)
        if passages and self.conversation.turns:
            passages.last().update(self.content(self.conversation.turns[-1]))
