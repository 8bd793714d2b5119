"""Talking to a model: as a character of a play, or by letting it go on with any text."""

import asyncio
import random
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.tokenizer import CharTokenizer
from tinygpt_tui.screens.dialogs import Confirm
from tinygpt_tui.screens.page import Page
from tinygpt_tui.screens.replies import Replies
from tinygpt_tui.state import conversation, saving
from tinygpt_tui.state.choices import Choice, list_choices
from tinygpt_tui.state.conversation import Conversation, Turn
from tinygpt_tui.widgets.column import Column
from tinygpt_tui.widgets.desk import Desk
from tinygpt_tui.widgets.picker import Picker

FRAMES_PER_S = 25  # of a reply that is being written


class ChatScreen(Page):
    """One or two models, and a line to speak to them.

    Args:
        wanted: The model to begin with; the newest when not given.
    """

    PLACE = "chat"
    CSS_PATH = "chat.tcss"
    HELP_TEXT = (
        "You say a line as one character, and the model writes what the next one says. All it sees is the play as it "
        "stands here: it has learned to continue such text, not to answer questions. Enter on an empty line lets the "
        "play go on without you. Free continuation goes on with any text. Compare puts a second model beside the "
        "first: both get the same words and the same seed. Characters that a model has never seen are struck out as "
        "you type, and are left out. Up and down recall what you said."
    )
    BINDINGS = [
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+r", "redraw", "Redo"),
        Binding("ctrl+b", "edit", "Edit last"),
        Binding("f5", "toggle_mode", "Mode", key_display="F5"),
        Binding("f6", "compare", "Compare", key_display="F6"),
        Binding("ctrl+s", "save('txt')", "Save"),
        Binding("ctrl+o", "save('svg')", "Save as SVG", show=False),
        Binding("ctrl+n", "begin_anew", "Begin anew", show=False),
    ]

    def __init__(self, wanted: Choice | None = None) -> None:
        super().__init__()
        self.wanted = wanted
        self.replies = Replies()
        self.attempt = 0

    def body(self) -> ComposeResult:
        """Make the columns and the desk."""
        with Horizontal(id="columns"):
            yield Column("choose a model", id="first")
            yield Column("choose a second model", id="second")
        yield Desk(self.is_known, id="desk")

    def on_mount(self) -> None:
        """Take up the last sitting."""
        kept = conversation.load(self.owner.sitting_file) if self.owner.sitting_file else []
        for column, conversations in zip(self.columns, (kept[:2], kept[2:4]), strict=True):
            if [c.dialogue for c in conversations] == [True, False]:
                column.conversations = conversations
            column.show()
        self.columns[1].display = False
        self.set_interval(1 / FRAMES_PER_S, self.flush)
        self.desk.prompt.focus()

    def on_screen_resume(self) -> None:
        """See which models there are now."""
        self.list_models()

    def worker_started(self) -> None:
        """Ask a new worker for what the last one did not say."""
        self.list_models()

    def choose(self, choice: Choice) -> None:
        """Chat with this model from now on."""
        self.wanted = choice
        self.list_models()

    @property
    def desk(self) -> Desk:
        """Where one writes."""
        return self.query_one(Desk)

    @property
    def columns(self) -> list[Column]:
        """Both columns."""
        return list(self.query(Column))

    @property
    def active(self) -> list[Column]:
        """The columns that are shown and have a model."""
        return [column for column in self.columns if column.display and column.choice is not None]

    def flush(self) -> None:
        """Draw what the models have written since the last frame."""
        for column in self.columns:
            column.flush()

    @work(exclusive=True, group="models", exit_on_error=False)
    async def list_models(self) -> None:
        """Fill the lists of models, and choose one where none is chosen yet."""
        first, second = self.columns
        before = first.choice if first.choice and Path(first.choice.path).is_dir() else None
        wanted = self.wanted or before
        choices = await asyncio.to_thread(list_choices, self.owner.runs_dir, wanted)
        self.wanted = None  # not before: whoever comes back to this screen meanwhile has this begin anew
        first.offer(choices, wanted or choices[0])
        second.offer(choices, second.choice)
        for column in self.columns:
            if column.choice is not None and column.tokenizer is None:
                self.open_model(column)

    def on_column_model_chosen(self, event: Column.ModelChosen) -> None:
        """Open the model that was chosen; a second one hears what the first has heard."""
        first, second = self.columns
        if event.column is second:
            both = zip(second.conversations, first.conversations, strict=True)
            second.conversations = [
                own if own.turns else Conversation(heard.dialogue, [*heard.turns]) for own, heard in both
            ]
            second.show(first.dialogue)
        self.open_model(event.column)

    def on_picker_closed(self, event: Picker.Closed) -> None:
        """Go back to the line, unless one has gone elsewhere."""
        if self.focused is None or event.picker in self.focused.ancestors_with_self:
            self.desk.prompt.focus()

    @work(group="open", exit_on_error=False)
    async def open_model(self, column: Column) -> None:
        """Have the worker read a model, so that the first reply comes at once."""
        choice = column.choice
        if choice is None:
            column.present("")
            return
        column.present("opening…")
        try:
            answer = await (await self.owner.worker.request("open", run=choice.path, step=choice.step)).result()
        except TinyGPTError as error:
            column.present(str(error))
            return
        if column.choice == choice:
            column.tokenizer = CharTokenizer(list(answer["characters"]))
            column.present(f"{answer['parameters']:,} parameters, reads {answer['block_size']} characters back")
            self.desk.check_characters()

    def is_known(self, character: str) -> bool:
        """Say whether every model here knows a character, or what it stands for."""
        tokenizers = [column.tokenizer for column in self.active if column.tokenizer is not None]
        return all(tokenizer.plain_form(character) is not None for tokenizer in tokenizers)

    def on_desk_said(self, event: Desk.Said) -> None:
        """Say the line, and let the models reply."""
        if self.replies.writing:
            self.say("The model is still writing. Esc stops it.")
            return
        if not self.active:
            self.say("Choose a model first.", failed=True)
            return
        options = self.options()
        if options is None:
            return
        if event.line.strip() or (event.line and not self.desk.is_play):
            for column in self.active:
                column.conversation.say(self.desk.speaker, event.line)
                column.transcript.add(column.conversation.turns[-1])
        self.desk.prompt.remember(event.line)
        self.attempt = 0
        self.reply(options)

    def options(self) -> SamplingOptions | None:
        """Read the knobs, or say what is wrong with them."""
        try:
            return self.desk.controls.options()
        except InputError as error:
            self.complain(error)
            return None

    def reply(self, options: SamplingOptions, instead: Sequence[Turn | None] = ()) -> None:
        """Ask every chosen model to go on, all with the same seed, maybe instead of what each had written."""
        fixed = options.seed
        seed = random.randrange(2**31) if fixed is None else (fixed + self.attempt) % 2**31
        for column, old in zip_longest(self.active, instead):
            self.replies.writing += 1  # at once, for the next key may come before the first answer
            self.stream(column, options, seed, old)

    @work(group="replies", exit_on_error=False)
    async def stream(self, column: Column, options: SamplingOptions, seed: int, old: Turn | None) -> None:
        """Let one model reply, and keep what came."""
        turns = column.conversation.turns
        # After its own reply the model chooses who speaks next.
        answerer = "" if turns and turns[-1].written else self.desk.answerer
        try:
            await self.replies.write(self.owner.worker, column, options, seed, answerer, old)
        except TinyGPTError as error:
            self.complain(error)
        finally:
            self.keep()

    def keep(self) -> None:
        """Keep the sitting for the next time."""
        if self.owner.sitting_file is None:
            return
        try:
            talks = [talk for column in self.columns for talk in column.conversations]
            conversation.save(self.owner.sitting_file, talks)
        except OSError as error:
            self.complain(error)

    def action_stop(self) -> None:
        """Stop the replies."""
        self.replies.stop()

    def action_redraw(self) -> None:
        """Take the last replies back and ask for others."""
        options = self.options()
        if self.replies.writing or options is None:
            return
        taken = [column.conversation.take_back_reply() for column in self.active]
        for column in self.active:
            column.show()
        if any(taken):
            self.attempt += 1
            self.reply(options, taken)

    def action_edit(self) -> None:
        """Take the last line back into the field."""
        if self.replies.writing:
            return
        lines = [column.conversation.take_back_line() for column in self.active]
        for column in self.active:
            column.show()
        line = next((line for line in lines if line is not None), None)
        if line is not None:
            self.desk.write_again(line)
            self.keep()

    def action_compare(self) -> None:
        """Show a second model beside the first, or put it away."""
        second = self.columns[1]
        second.display = not second.display
        wanting = second.display and second.choice is None
        (second.query_one(Picker) if wanting else self.desk.prompt).focus()

    def action_toggle_mode(self) -> None:
        """Change between the play and free continuation."""
        self.desk.toggle_mode()
        self.desk.prompt.focus()

    def on_desk_mode_chosen(self) -> None:
        """Show the conversations of the chosen form."""
        for column in self.columns:
            column.show(self.desk.is_play)

    @work(exit_on_error=False)
    async def action_begin_anew(self) -> None:
        """Forget the conversation, after asking."""
        if self.replies.writing:
            self.say("The model is still writing. Esc stops it.")
            return
        question = Confirm("Begin anew? What was said here is forgotten, unless you have saved it.", "Begin anew")
        if self.columns[0].conversation.turns and await self.app.push_screen_wait(question):
            for column in self.columns:
                column.conversation.turns.clear()
                column.show()
            self.keep()

    def action_save(self, kind: str) -> None:
        """Save what is shown: in a browser as a download, else into the current folder."""
        talks = [(column.label, column.conversation.as_text(column.label)) for column in self.active]
        talks = talks or [("", self.columns[0].conversation.as_text())]
        together = "\n".join(f"— {label} —\n\n{text}" for label, text in talks)
        content = together if len(talks) > 1 else talks[0][1]
        try:
            self.owner.hand_over(saving.as_svg(content) if kind == "svg" else content, kind)
        except OSError as error:
            self.complain(error)
