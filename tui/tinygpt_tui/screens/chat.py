"""The chat: a play or any text. `widgets/desk.py` has the key Enter, `widgets/prompt.py` ↑ and ↓, `page.py` Tab."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_tui.chat import conversation, saving
from tinygpt_tui.chat.conversation import Turn
from tinygpt_tui.chat.talk import restore, together
from tinygpt_tui.places import CHAT
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens import why_screen
from tinygpt_tui.screens.choosing import ChoosingPage
from tinygpt_tui.screens.dialogs import Confirm
from tinygpt_tui.screens.page import BROAD, HEIGHTS, WIDTHS
from tinygpt_tui.screens.replies import Replies, Reply
from tinygpt_tui.widgets.columns import Columns
from tinygpt_tui.widgets.desk import Desk
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.picker import Picker


class ChatScreen(ChoosingPage):
    """A chat with one model, or with two side by side.

    Args:
        wanted: The first model; the newest when not given.
    """

    PLACE = CHAT
    CSS_PATH = "chat.tcss"
    HELP_TEXT = (
        "You say a line as one character, and the model writes what the next one says. All it sees is the play as it "
        "stands here: it has learned to continue such text, not to answer questions. Enter on an empty line lets the "
        "play go on without you. Ctrl+T switches to free continuation, which goes on with any text; a model whose text "
        "is no play begins there. An encoder-decoder answers: it replies to each line by itself, which you "
        "say as a character if it learned a play's speeches. "
        "F5 lists the models. Compare puts a second model beside the first: both get the same "
        "words and the same seed. Why? shows for each character of a reply what else was likely, and where the model "
        "looked. Characters that a model has never seen are struck out as you type, and are left out. Up and down "
        "recall what you said. Esc stops a reply, and otherwise goes back; the line stays for your return."
    )
    HORIZONTAL_BREAKPOINTS = [*WIDTHS, BROAD]
    VERTICAL_BREAKPOINTS = [*HEIGHTS, (40, "-tall")]
    BINDINGS = [
        Binding("escape", "leave", "Stop, back", key_display="esc"),
        Binding("f5", "pick", "Model", key_display="F5"),
        Binding("ctrl+r", "redraw", "Redo"),
        Binding("ctrl+b", "edit", "Edit"),
        Binding("ctrl+t", "toggle_mode", "Play or free", show=False),
        Binding("f6", "compare", "Compare", key_display="F6"),
        Binding("f7", "why", "Why?", key_display="F7"),
        Binding("ctrl+s", "save('txt')", "Save"),
        Binding("ctrl+o", "save('svg')", "Save as SVG", show=False),
        Binding("ctrl+n", "begin_anew", "Begin anew", show=False),
    ]

    def __init__(self, wanted: Choice | None = None) -> None:
        super().__init__(wanted)
        self.replies = Replies()
        self.attempt = 0

    def body(self) -> ComposeResult:
        """Yield the headline, the columns and the desk."""
        yield OneLine(id="headline")
        yield Desk(Columns(self.talks, id="columns"), self.is_known, id="desk")

    def on_mount(self) -> None:
        """Restore the saved conversations."""
        if self.owner.sitting_file:
            restore(self.talks, conversation.load(self.owner.sitting_file))
        self.both.show()
        self.desk.prompt.focus()

    def is_known(self, character: str) -> bool:
        """Whether every active model knows a character or its plain form."""
        return all(column.knows(character) for column in self.both.active)

    def on_desk_said(self, event: Desk.Said) -> None:
        """Add the line to the conversations and request the replies."""
        if self.refuses():
            return
        if not self.both.active:
            self.say("Choose a model first.", failed=True)
            return
        options = self.options()
        if options is None:
            return
        if not event.line.strip() and any(column.talk.replies for column in self.both.active):
            self.say("The model replies to a line. Type one first.")
            return
        if event.line.strip() or (event.line and not self.desk.is_play):
            for column in self.both.active:
                column.talk.say(self.desk.speaker, event.line)
                column.transcript.add(column.conversation.turns[-1])
        self.desk.prompt.remember(event.line)
        self.attempt = 0
        self.reply(options)

    def refuses(self) -> bool:
        """Whether a model is still writing; if so, notify the user."""
        if self.replies.open:
            self.say("The model is still writing. Esc stops it.")
        return bool(self.replies.open)

    def options(self) -> SamplingOptions | None:
        """Return the sampling options; show what is wrong and return None if they are invalid."""
        try:
            return self.desk.controls.options()
        except InputError as error:
            self.complain(error)
            return None

    def reply(self, options: SamplingOptions, instead: Sequence[Turn | None] = ()) -> None:
        """Request a reply with one seed from every active model; `instead` holds the turns that they replace."""
        fixed = options.seed
        seed = random.randrange(2**31) if fixed is None else (fixed + self.attempt) % 2**31
        options = replace(options, seed=seed)
        for column, old in zip_longest(self.both.active, instead):
            turns = column.conversation.turns
            # After its own reply the model chooses who speaks next.
            answerer = "" if turns and turns[-1].written else self.desk.answerer
            self.stream(self.replies.begin(self.owner.worker, column, options, answerer, old))

    @work(group="replies", exit_on_error=False)
    async def stream(self, reply: Reply) -> None:
        """Stream one model's reply, then save the conversations."""
        try:
            await self.replies.read(reply)
        except TinyGPTError as error:
            self.complain(error)
        finally:
            self.keep()

    def keep(self) -> None:
        """Save the conversations for the next start."""
        if self.owner.sitting_file is None:
            return
        try:
            conversation.save(self.owner.sitting_file, together(self.talks))
        except OSError as error:
            self.complain(error)

    def action_leave(self) -> None:
        """Stop what is being written, or go back to where one came from."""
        if self.replies.open:
            self.replies.stop()
        else:
            self.owner.go_back()

    def action_pick(self) -> None:
        """Open the list of models; pressed again beside a second model, that one's."""
        shown = [column.query_one(Picker) for column in self.columns if column.display]
        is_open = [picker.expanded for picker in shown]
        for picker in shown:
            picker.expanded = False
        picker = shown[(is_open.index(True) + 1) % len(shown) if any(is_open) else 0]
        picker.focus()
        picker.action_show_overlay()

    def action_redraw(self) -> None:
        """Discard the last replies and request new ones."""
        options = self.options()
        if self.replies.open or options is None:
            return
        taken = [column.conversation.take_back_reply() for column in self.both.active]
        for column in self.both.active:
            column.show()
        if any(taken):
            self.attempt += 1
            self.reply(options, taken)

    def action_edit(self) -> None:
        """Move the last line back into the prompt, to edit it."""
        if self.replies.open:
            return
        lines = [column.conversation.take_back_line() for column in self.both.active]
        for column in self.both.active:
            column.show()
        line = next((line for line in lines if line is not None), None)
        if line is not None:
            self.desk.write_again(line)
            self.keep()

    def action_compare(self) -> None:
        """Show or hide a second model beside the first."""
        second = self.columns[1]
        second.display = not second.display
        self.show_headline()
        self.desk.check_anew()
        wanting = second.display and second.choice is None
        (second.query_one(Picker) if wanting else self.desk.prompt).focus()

    def action_why(self) -> None:
        """Open the screen that explains the models' replies."""
        if self.refuses() or not self.is_current:
            return
        inquiries = self.both.inquiries
        if not inquiries:
            self.say("Nothing has been written here yet. Say a line first.")
        else:
            self.app.push_screen(why_screen(inquiries))

    def action_toggle_mode(self) -> None:
        """Switch between the play and free continuation."""
        if self.desk.replies:
            self.say("This model replies to each line by itself: it writes neither a play nor a text on.")
        else:
            self.desk.toggle_mode()
        self.desk.prompt.focus()

    @work(exit_on_error=False)
    async def action_begin_anew(self) -> None:
        """Clear the conversation, after confirmation."""
        if self.refuses():
            return
        question = Confirm("Begin anew? What was said here is forgotten, unless you have saved it.", "Begin anew")
        if self.columns[0].conversation.turns and await self.app.push_screen_wait(question):
            for column in self.columns:
                column.conversation.turns.clear()
                column.show()
            self.keep()

    def action_save(self, kind: str) -> None:
        """Save the shown conversations: in a browser as a download, else in the current folder."""
        content = saving.together(self.both.texts)
        try:
            self.owner.hand_over(saving.as_svg(content) if kind == "svg" else content, kind)
        except OSError as error:
            self.complain(error)
