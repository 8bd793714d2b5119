"""One model's column in the chat: its picker, its facts and its transcript."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Select, Static

from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.worker.protocol import Opened
from tinygpt_tui.chat.conversation import Conversation
from tinygpt_tui.chat.talk import Talk
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hints, title
from tinygpt_tui.widgets.picker import Picker
from tinygpt_tui.widgets.transcript import Transcript


class Column(Vertical):
    """A list of models, a line of facts about the chosen one, and its transcript.

    Args:
        talk: What is shown of what was said with the model.
        prompt: The text of the list while no model is chosen.
    """

    class ModelChosen(Message):
        """Another model was chosen, or none."""

        def __init__(self, column: "Column") -> None:
            super().__init__()
            self.column = column

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = """
    Column {
        width: 1fr; height: 1fr;
        .model { width: 1fr; }
        .facts { height: 1; color: $foreground 70%; padding: 0 1; text-overflow: ellipsis; text-wrap: nowrap; }
    }
    """

    def __init__(self, talk: Talk, prompt: str, **options: Any) -> None:
        super().__init__(**options)
        self.talk = talk
        self.prompt = prompt
        self.tokenizer: CharTokenizer | None = None
        self.dirty = False
        self.facts = ""
        """The default line about the model: its size, or an error."""

    def compose(self) -> ComposeResult:
        """Yield the list of models, a line of facts and the transcript."""
        yield Picker([], prompt=self.prompt, compact=True, classes="model")
        yield Static(classes="facts")
        yield Transcript()

    def on_mount(self) -> None:
        """Name the panel."""
        self.border_title = title("model")

    def on_resize(self) -> None:
        """Name the keys that fit into the border."""
        self.border_subtitle = hints(
            ("F5", "others"), ("F7", "why?"), ("^r", "another reply"), columns=self.size.width - 1
        )

    @property
    def conversation(self) -> Conversation:
        """The shown conversation."""
        return self.talk.current

    @property
    def transcript(self) -> Transcript:
        """The widget that shows it."""
        return self.query_one(Transcript)

    @property
    def choice(self) -> Choice | None:
        """The chosen model."""
        select: Any = self.query_one(Select)
        return None if select.is_blank() else select.value

    @property
    def label(self) -> str:
        """The chosen model's label; empty when there is none."""
        return self.choice.label if self.choice is not None else ""

    def offer(self, choices: list[Choice], chosen: Choice | None) -> None:
        """Fill the list of models.

        Args:
            choices: The models to list.
            chosen: The model to select.
        """
        select: Any = self.query_one(Select)
        before = self.choice
        with self.prevent(Select.Changed):
            select.set_options([(plain(choice.label), choice) for choice in choices])
            if chosen in choices:
                select.value = chosen
        if self.choice != before:
            self.tokenizer, self.facts = None, ""
            self.show()

    def knows(self, character: str) -> bool:
        """Whether the model knows a character or its plain form; true until the model is open."""
        return self.tokenizer is None or self.tokenizer.plain_form(character) is not None

    def opened(self, tokenizer: CharTokenizer) -> None:
        """Store the model's tokenizer and redraw the transcript."""
        self.tokenizer = tokenizer
        self.transcript.refresh_all()

    def present(self, facts: str) -> None:
        """Set and show the default line about the model; `describe` replaces it for a while."""
        self.facts = facts
        self.describe(facts)

    def present_model(self, model: Opened) -> None:
        """Store and show the worker's facts about an opened model."""
        self.opened(tokenizer := CharTokenizer(list(model.characters)))
        facts = f"{model.parameters:,} parameters, reads {model.block_size} characters back"
        if self.talk.replies:
            facts = f"{model.parameters:,} parameters, reads {model.block_size - 1} characters of a line"
        _, never = tokenizer.plain_stops(self.conversation.stops())
        self.present(f"{facts}; knows no line end, so its replies never end early" if never else facts)

    def describe(self, words: str) -> None:
        """Show a line about the model until another conversation is shown."""
        self.query_one(".facts", Static).update(plain(words))

    def show(self) -> None:
        """Draw the current conversation anew."""
        self.transcript.show(self.conversation, self.label, self.knows)
        self.describe(self.facts)

    def flush(self) -> None:
        """Draw the text that has arrived since the last call."""
        if self.dirty:
            self.dirty = False
            self.transcript.refresh_last()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Redraw, since the marks of other models' turns change, and post `ModelChosen`."""
        event.stop()
        self.tokenizer = None
        self.show()
        self.post_message(self.ModelChosen(self))
