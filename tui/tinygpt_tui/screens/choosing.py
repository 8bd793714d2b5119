"""Choosing models: the lists of a chat's columns, and the model that the worker opens for each."""

import asyncio
from pathlib import Path

from textual import work

from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.worker.protocol import Open, Opened
from tinygpt_tui.chat.heading import headline
from tinygpt_tui.chat.manner import is_play, learned
from tinygpt_tui.chat.talk import Talk
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.runs.choices import Choice, list_choices
from tinygpt_tui.screens.page import Page
from tinygpt_tui.widgets.column import Column
from tinygpt_tui.widgets.columns import Columns
from tinygpt_tui.widgets.desk import Desk
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.picker import Picker


class ChoosingPage(Page):
    """A page with one model, or two side by side.

    Args:
        wanted: The first model; the newest when not given.
    """

    def __init__(self, wanted: Choice | None = None) -> None:
        super().__init__()
        self.wanted = wanted
        self.talks = Talk(), Talk()
        self.has_chosen_mode = False
        """Whether a person has said what is written, a play or any text."""

    def on_screen_resume(self) -> None:
        """Update the list of models."""
        self.list_models()
        if self.focused is None:
            self.desk.prompt.focus()

    def worker_started(self) -> None:
        """Open the models that the previous worker did not open."""
        self.list_models()

    def choose(self, choice: Choice) -> None:
        """Switch the chat to this model."""
        self.wanted = choice
        self.list_models()

    def show_headline(self) -> None:
        """Name the chosen models, and what they are good for."""
        active = self.both.active
        replying = [column.talk.replies for column in active]
        speaking = any(column.talk.has_speaker for column in active)
        example = active[0].talk.example if active else ""
        self.desk.suit(bool(active) and all(replying), speaking, example)
        self.desk.controls.propose(certain=bool(active) and all(column.talk.has_answers for column in active))
        words = headline([column.label for column in active], self.desk.is_play, sum(replying))
        self.query_one("#headline", OneLine).show(words)

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
    def subject(self) -> Subject | None:
        """What Look shows if it is opened from here: the first model, and its last reply with what stands before it."""
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
        self.show_headline()
        for column in self.columns:
            if column.choice is not None and column.tokenizer is None:
                self.open_model(column)

    def on_column_model_chosen(self, event: Column.ModelChosen) -> None:
        """Open the chosen model; empty conversations of the second column copy those of the first."""
        first, second = self.talks
        if event.column.talk is second:
            second.copy_missing(first)
            event.column.show()
        self.show_headline()
        self.open_model(event.column)

    def on_picker_closed(self, event: Picker.Closed) -> None:
        """Return the focus to the prompt, unless it has moved elsewhere."""
        if self.focused is None or event.picker in self.focused.ancestors_with_self:
            self.desk.prompt.focus()

    @work(group="open", exit_on_error=False)
    async def open_model(self, column: Column) -> None:
        """Request a model in advance, so that the first reply starts without delay."""
        choice = column.choice
        self.desk.check_anew()
        if choice is None:
            column.present("")
            return
        column.talk.task, column.talk.example = await asyncio.to_thread(learned, RunDirectory(Path(choice.path)))
        if column.choice != choice:
            return
        if column.conversation is not column.transcript.conversation:
            column.show()
        self.show_headline()
        column.present("opening…")
        if column is self.columns[0]:
            self.suit_mode(choice)
        try:
            opening = await self.owner.worker.request(Open(run=choice.path, step=choice.step))
            model = await opening.result(Opened)
        except TinyGPTError as error:
            column.present(str(error))
            return
        if column.choice == choice:
            column.present_model(model)
            self.desk.check_anew()

    def on_desk_mode_chosen(self, event: Desk.ModeChosen) -> None:
        """Show the conversations of the chosen mode."""
        self.has_chosen_mode = self.has_chosen_mode or event.by_person
        for talk in self.talks:
            talk.is_play = self.desk.is_play
        self.both.show()
        self.show_headline()

    @work(exclusive=True, group="manner", exit_on_error=False)
    async def suit_mode(self, choice: Choice) -> None:
        """Begin with free continuation where a model's text is no play, unless a person has chosen or begun."""
        plays = await asyncio.to_thread(is_play, RunDirectory(Path(choice.path)))
        has_begun = any(talk.current.turns for talk in self.talks)
        if not self.has_chosen_mode and not has_begun and self.columns[0].choice == choice:
            self.desk.propose(plays)
