"""The chat's input area: who speaks, who answers, the sampling options and the prompt."""

from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static

from tinygpt_keras.errors import InputError
from tinygpt_keras.text.tokenizer import unfamiliar_notice
from tinygpt_tui.text import one_line, plain
from tinygpt_tui.widgets.controls import Controls
from tinygpt_tui.widgets.option_row import chosen
from tinygpt_tui.widgets.panel import hints, title
from tinygpt_tui.widgets.picker import Picker
from tinygpt_tui.widgets.plain_input import PlainInput
from tinygpt_tui.widgets.prompt import Prompt

PLAY, FREE = "play", "free"
SPEAKER = "ROMEO"
FIELDS = {PLAY: "a play", FREE: "free continuation"}
LONGEST = 60  # characters of an example
INVITATION = "Say something, or press Enter to let the model go on"


class Desk(Vertical):
    """The fields below the transcripts, or beside them where there are many columns.

    Args:
        transcripts: What stands above or beside the fields.
        known: Whether the chosen models know a character.
        **options: Passed to `Vertical`.
    """

    class Said(Message):
        """A line was submitted."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class ModeChosen(Message):
        """The play or free continuation was chosen, by a person or for a model."""

        def __init__(self, by_person: bool) -> None:
            super().__init__()
            self.by_person = by_person

    DEFAULT_CSS = """
    Desk {
        height: 1fr;
        #talk { height: 1fr; }
        #fields { height: auto; }
        #who, #names, #answered { height: 1; }
        #names, #answered { width: 1fr; }
        #mode { width: 10; margin: 0 1 0 0; }
        #who Label { padding: 0 1 0 0; }
        #speaker, #answerer { width: 14; margin: 0 2 0 0; }
        #wrong, #unknown { color: $text-error; padding: 0 1; height: auto; display: none; }
        #prompt { border: round $foreground 40%; background: $background; }
        #prompt:focus { border: round $primary; }
    }
    """

    def __init__(self, transcripts: Widget, known: Callable[[str], bool], **options: Any) -> None:
        super().__init__(**options)
        self.transcripts = transcripts
        self.known = known
        self._drawn_as_play = True
        self.replies = False
        """Whether the models reply to each line by itself."""
        self.replies_to_speeches = False
        """Whether one of those learned the speeches of a play, which begin with a name."""
        self.example = ""
        """A line that a model which replies can reply to."""

    def compose(self) -> ComposeResult:
        """Yield the transcripts, the fields and the prompt."""
        with Container(id="talk"):
            yield self.transcripts
            with Vertical(id="fields", classes="panel"):
                with Horizontal(id="who"):
                    modes = [(mode, mode) for mode in (PLAY, FREE)]
                    yield Picker(modes, value=PLAY, allow_blank=False, compact=True, id="mode")
                    with Horizontal(id="names"):
                        yield Label("you are")
                        yield self.name_input(SPEAKER, SPEAKER, "speaker")
                        with Horizontal(id="answered"):
                            yield Label("answered by")
                            yield self.name_input("JULIET", "anybody", "answerer")
                yield Controls(id="controls")
        yield Static(id="wrong")
        yield Static(id="unknown")
        yield Prompt(placeholder=INVITATION, known=self.known, id="prompt")

    def on_mount(self) -> None:
        """Label the fields."""
        self.draw_mode()

    def draw_mode(self) -> None:
        """Show the names only in a play, and name both modes in the border."""
        self._drawn_as_play = self.is_play
        mode, other = (PLAY, FREE) if self.is_play else (FREE, PLAY)
        self.query_one("#who").display = not self.replies or self.replies_to_speeches
        self.query_one("#mode").display = not self.replies
        self.query_one("#names").display = self.has_names
        self.query_one("#answered").display = not self.replies
        fields = self.query_one("#fields")
        fields.border_title = title("answers" if self.replies else FIELDS[mode])
        fields.border_subtitle = "" if self.replies else hints(("^t", FIELDS[other]))
        such_as = f", such as: {one_line(self.example[:LONGEST])}" if self.example.strip() else ""
        self.prompt.placeholder = f"Say something{such_as}" if self.replies else INVITATION

    def suit(self, replies: bool, has_speaker: bool = False, example: str = "") -> None:
        """Draw the fields for models that reply to each line by itself, or that continue a text.

        Args:
            replies: Whether all of them reply.
            has_speaker: Whether a line to one of them begins with a name.
            example: A line that the first of them can reply to.
        """
        suited = replies, replies and has_speaker, example
        if suited != (self.replies, self.replies_to_speeches, self.example):
            self.replies, self.replies_to_speeches, self.example = suited
            self.draw_mode()
            self.check_characters()

    def name_input(self, value: str, placeholder: str, id: str) -> PlainInput:
        """Return the field of a name; its characters are checked because the models read it too."""
        return PlainInput(value, placeholder=placeholder, known=self.known, compact=True, id=id)

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    @property
    def controls(self) -> Controls:
        """The knobs."""
        return self.query_one(Controls)

    @property
    def is_play(self) -> bool:
        """Whether the mode is a play, not free continuation."""
        return chosen(self, "#mode") == PLAY

    @property
    def has_names(self) -> bool:
        """Whether a line is said as somebody."""
        return self.replies_to_speeches if self.replies else self.is_play

    @property
    def speaker(self) -> str:
        """The name that the person speaks as."""
        return self.query_one("#speaker", Input).value.strip() or SPEAKER

    @property
    def answerer(self) -> str:
        """The name of the one who answers; empty lets the model choose."""
        return self.query_one("#answerer", Input).value.strip()

    def toggle_mode(self) -> None:
        """Switch between the play and free continuation."""
        select: Any = self.query_one("#mode", Select)
        select.value = FREE if self.is_play else PLAY

    def propose(self, is_play: bool) -> None:
        """Choose the mode for a model; a person's choice would be posted as one."""
        select: Any = self.query_one("#mode", Select)
        if is_play != self.is_play:
            with self.prevent(Select.Changed):
                select.value = PLAY if is_play else FREE
            self.change_mode(by_person=False)

    def change_mode(self, by_person: bool) -> None:
        """Draw the fields of the new mode, and post `ModeChosen`."""
        self.draw_mode()
        self.check_characters()
        self.post_message(self.ModeChosen(by_person))

    def write_again(self, line: str) -> None:
        """Put a line back into the prompt; the arrow keys recall what it held before."""
        self.prompt.remember(self.prompt.value)
        self.prompt.value = line
        self.prompt.cursor_position = len(line)
        self.prompt.focus()

    @property
    def read_by_models(self) -> list[Input]:
        """The fields whose text the models read."""
        names = [field for field in self.query("#names Input").results(Input) if self.has_names]
        return [self.prompt, *(names[:1] if self.replies else names)]

    def check_characters(self) -> None:
        """Show which characters will be left out."""
        text = "".join(field.value for field in self.read_by_models)
        unknown = [character for character in dict.fromkeys(text) if not self.known(character)]
        self.remark("#unknown", unfamiliar_notice(unknown) if unknown else "")

    def check_anew(self) -> None:
        """Check and redraw the fields for models that may know other characters."""
        for field in self.read_by_models:
            field.refresh()
        self.check_characters()

    def check_knobs(self) -> None:
        """Show what is wrong with the sampling options."""
        try:
            self.controls.options()
        except InputError as error:
            self.remark("#wrong", f"✗ {error}")
        else:
            self.remark("#wrong", "")

    def remark(self, selector: str, words: str) -> None:
        """Show a remark above the prompt, or hide an empty one."""
        remark = self.query_one(selector, Static)
        remark.update(plain(words))
        remark.display = bool(words)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check the field at every change."""
        if event.input in self.read_by_models:
            self.check_characters()
        else:
            self.check_knobs()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Submit the line; in another field, Enter moves to the prompt."""
        event.stop()
        if event.input is self.prompt:
            self.post_message(self.Said(event.value))
        else:
            self.prompt.focus()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Show the fields of the chosen mode."""
        event.stop()
        if self.is_play != self._drawn_as_play:  # not when the list is made
            self.change_mode(by_person=True)
