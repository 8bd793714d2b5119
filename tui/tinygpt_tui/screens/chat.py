"""The chat: a play or any text. `widgets/desk.py` has the key Enter, `widgets/prompt.py` ↑ and ↓, `page.py` Tab."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.worker.protocol import Open, Opened
from tinygpt_tui.chat import conversation, saving
from tinygpt_tui.chat.conversation import Turn
from tinygpt_tui.chat.talk import Talk, restore
from tinygpt_tui.places import CHAT
from tinygpt_tui.runs.choices import Choice, list_choices
from tinygpt_tui.screens import why_screen
from tinygpt_tui.screens.dialogs import Confirm
from tinygpt_tui.screens.page import Page
from tinygpt_tui.screens.replies import Replies, Reply
from tinygpt_tui.widgets.column import Column
from tinygpt_tui.widgets.columns import Columns
from tinygpt_tui.widgets.desk import Desk
from tinygpt_tui.widgets.picker import Picker


class ChatScreen(Page):
    """A chat with one model, or with two side by side.

    Args:
        wanted: The first model; the newest when not given.
    """

    PLACE = CHAT
    CSS_PATH = "chat.tcss"
    HELP_TEXT = (
        "You say a line as one character, and the model writes what the next one says. All it sees is the play as it "
        "stands here: it has learned to continue such text, not to answer questions. Enter on an empty line lets the "
        "play go on without you. Free continuation goes on with any text. Compare puts a second model beside the "
        "first: both get the same words and the same seed. Why? shows for each character of a reply what else was "
        "likely, and where the model looked. Characters that a model has never seen are struck out as you type, and "
        "are left out. Up and down recall what you said."
    )
    BINDINGS = [
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+r", "redraw", "Redo"),
        Binding("ctrl+b", "edit", "Edit"),
        Binding("f5", "toggle_mode", "Play or free", key_display="F5", show=False),
        Binding("f6", "compare", "Compare", key_display="F6"),
        Binding("f7", "why", "Why?", key_display="F7"),
        Binding("ctrl+s", "save('txt')", "Save"),
        Binding("ctrl+o", "save('svg')", "Save as SVG", show=False),
        Binding("ctrl+n", "begin_anew", "Begin anew", show=False),
    ]

    def __init__(self, wanted: Choice | None = None) -> None:
        super().__init__()
        self.wanted = wanted
        self.talks = Talk(), Talk()
        self.replies = Replies()
        self.attempt = 0

    def body(self) -> ComposeResult:
        """Yield the columns and the desk."""
        yield Columns(self.talks, id="columns")
        yield Desk(self.is_known, id="desk")

    def on_mount(self) -> None:
        """Restore the saved conversations."""
        if self.owner.sitting_file:
            restore(self.talks, conversation.load(self.owner.sitting_file))
        self.both.show()
        self.desk.prompt.focus()

    def on_screen_resume(self) -> None:
        """Update the list of models."""
        self.list_models()

    def worker_started(self) -> None:
        """Open the models that the previous worker did not open."""
        self.list_models()

    def choose(self, choice: Choice) -> None:
        """Switch the chat to this model."""
        self.wanted = choice
        self.list_models()

    @property
    def desk(self) -> Desk:
        """The input area."""
        return self.query_one(Desk)

    @property
    def both(self) -> Columns:
        """The container of both columns."""
        return self.query_one(Columns)

    @property
    def columns(self) -> list[Column]:
        """The columns, one for each model."""
        return self.both.all

    @property
    def subject(self) -> tuple[Choice, str] | None:
        """What Look shows if it is opened from here: the first model, and the play up to its last reply."""
        return self.both.subject

    @work(exclusive=True, group="models", exit_on_error=False)
    async def list_models(self) -> None:
        """Fill the lists of models, and choose one if none is chosen yet."""
        first, second = self.columns
        before = first.choice if first.choice and Path(first.choice.path).is_dir() else None
        wanted = self.wanted or before
        choices = await asyncio.to_thread(list_choices, self.owner.runs_dir, wanted)
        self.wanted = None  # after the await: resuming the screen restarts this task, which needs it again
        first.offer(choices, wanted or choices[0])
        second.offer(choices, second.choice)
        for column in self.columns:
            if column.choice is not None and column.tokenizer is None:
                self.open_model(column)

    def on_column_model_chosen(self, event: Column.ModelChosen) -> None:
        """Open the chosen model; empty conversations of the second column copy those of the first."""
        first, second = self.talks
        if event.column.talk is second:
            second.copy_missing(first)
            event.column.show()
        self.open_model(event.column)

    def on_picker_closed(self, event: Picker.Closed) -> None:
        """Return the focus to the prompt, unless it has moved elsewhere."""
        if self.focused is None or event.picker in self.focused.ancestors_with_self:
            self.desk.prompt.focus()

    @work(group="open", exit_on_error=False)
    async def open_model(self, column: Column) -> None:
        """Have the worker load a model in advance, so that the first reply starts without delay."""
        choice = column.choice
        self.desk.check_anew()
        if choice is None:
            column.present("")
            return
        column.present("opening…")
        try:
            opening = await self.owner.worker.request(Open(run=choice.path, step=choice.step))
            model = await opening.result(Opened)
        except TinyGPTError as error:
            column.present(str(error))
            return
        if column.choice == choice:
            column.present_model(model)
            self.desk.check_anew()

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
        if event.line.strip() or (event.line and not self.desk.is_play):
            for column in self.both.active:
                column.conversation.say(self.desk.speaker, event.line)
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
            conversation.save(self.owner.sitting_file, [each for talk in self.talks for each in talk.both])
        except OSError as error:
            self.complain(error)

    def action_stop(self) -> None:
        """Stop the replies."""
        self.replies.stop()

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
        self.desk.toggle_mode()
        self.desk.prompt.focus()

    def on_desk_mode_chosen(self) -> None:
        """Show the conversations of the chosen mode."""
        for talk in self.talks:
            talk.is_play = self.desk.is_play
        self.both.show()

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
