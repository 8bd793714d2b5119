"""Small questions that come before something is done, and what is shown when the worker has died."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tinygpt_tui.text import plain
from tinygpt_tui.widgets.plain_input import PlainInput


class Confirm(ModalScreen[bool]):
    """Asks whether to go on.

    Args:
        question: What will happen.
        action: The word on the button that lets it happen.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(False)", "No")]

    def __init__(self, question: str, action: str) -> None:
        super().__init__()
        self.question = question
        self.action_word = action

    def compose(self) -> ComposeResult:
        """Make the question; the harmless answer has the focus."""
        with Vertical(classes="dialog"):
            yield Static(plain(self.question))
            with Horizontal(classes="buttons"):
                yield Button("Keep", id="keep", compact=True)
                yield Button(self.action_word, id="go", variant="error", compact=True)

    def on_mount(self) -> None:
        """Put the focus where Enter does no harm."""
        self.query_one("#keep").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "go")


class Ask(ModalScreen[str | None]):
    """Asks for a line of text.

    Args:
        question: What is asked for.
        value: What is proposed.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, value: str) -> None:
        super().__init__()
        self.question = question
        self.value = value

    def compose(self) -> ComposeResult:
        """Make the question."""
        with Vertical(classes="dialog"):
            yield Static(plain(self.question))
            yield PlainInput(self.value, id="answer")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        self.dismiss(event.value.strip() or None)


class WorkerDied(ModalScreen[bool]):
    """Says that the worker is gone, with its last words.

    Args:
        message: What happened.
        log: The last lines of its log.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(False)", "Go on without")]

    def __init__(self, message: str, log: str) -> None:
        super().__init__()
        self.message = message
        self.log_lines = log

    def compose(self) -> ComposeResult:
        """Make the message and two ways on."""
        with Vertical(classes="dialog"):
            yield Static(plain(f"The process that holds the model has ended: {self.message}"))
            with VerticalScroll(classes="log"):
                yield Static(plain(self.log_lines or "Its log is empty."))
            with Horizontal(classes="buttons"):
                yield Button("Start it again", id="again", variant="primary", compact=True)
                yield Button("Go on without", id="without", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "again")


class Help(ModalScreen[None]):
    """Explains the screen that is beneath, and lists the keys.

    Args:
        about: What the screen is for.
        keys: Keys with what they do.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape,question_mark,f1,q,enter", "dismiss", "Close")]

    def __init__(self, about: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self.about = about
        self.keys = keys

    def compose(self) -> ComposeResult:
        """Make the text."""
        width = max((len(key) for key, _ in self.keys), default=0)
        lines = [f"{key.rjust(width)}  {description}" for key, description in self.keys]
        with VerticalScroll(classes="dialog tall"):
            yield Static(plain(self.about))
            yield Static(plain("\n".join(lines)), classes="keys")
            yield Static(plain("Esc closes this."), classes="keys")
