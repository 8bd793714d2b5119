"""What the screen Look asks for: a text, and a model."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.text import encodable, plain

LONGEST = 20_000  # characters of a text; a model reads a few hundred at a time


READ = "What shall the model read?"
REPLY_TO = "What shall the model reply to?"
OWN_REPLY = "Which reply? If you type none, the model writes its own."


class TypeText(ModalScreen[list[str] | None]):
    """Asks for a text to look at, or for a source and a reply.

    Args:
        asked: Questions, each with the text to begin with. The first text must not be empty.
    """

    CSS_PATH = "look_dialogs.tcss"
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "read", "Read it", priority=True),
    ]

    def __init__(self, *asked: tuple[str, str]) -> None:
        super().__init__(classes="-several" if len(asked) > 1 else "")
        self.asked = asked

    def compose(self) -> ComposeResult:
        """Yield the questions, each with its text, and a button."""
        with Vertical(classes="dialog"):
            for question, text in self.asked:
                yield Static(plain(question))
                yield TextArea(encodable(text), show_line_numbers=False, tab_behavior="focus")
            with Horizontal(classes="buttons"):
                yield Static(plain("^s reads it, Esc cancels."), classes="hint")
                yield Button("Read it", id="read", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Focus the first text, all of it selected: typing replaces it."""
        area = self.query(TextArea).first()
        area.select_all()
        area.focus()

    def on_button_pressed(self) -> None:
        """Close the dialog with the texts."""
        self.action_read()

    def action_read(self) -> None:
        """Close the dialog with the texts, if there is a first one."""
        texts = [area.text[:LONGEST] for area in self.query(TextArea)]
        self.dismiss(texts if texts[0] else None)


class ChooseModel(ModalScreen[Choice | None]):
    """Asks for a model.

    Args:
        choices: The models.
        current: The one that is shown, if one is.
    """

    CSS_PATH = "look_dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, choices: list[Choice], current: Choice | None) -> None:
        super().__init__()
        self.choices = choices
        self.current = current

    def compose(self) -> ComposeResult:
        """Yield the list."""
        with Vertical(classes="dialog"):
            yield Static(plain("Which model?"))
            yield OptionList(*(Option(plain(choice.label)) for choice in self.choices), id="models")
            yield Static(plain("Enter chooses, Esc cancels."), classes="hint")

    def on_mount(self) -> None:
        """Focus the list, at the current model."""
        models = self.query_one(OptionList)
        models.highlighted = next((n for n, choice in enumerate(self.choices) if choice == self.current), 0)
        models.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close the dialog with the chosen model."""
        self.dismiss(self.choices[event.option_index])
