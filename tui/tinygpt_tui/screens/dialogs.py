"""Small questions that come before something is done, and what is shown when the worker has died."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tinygpt_keras.errors import InputError
from tinygpt_tui.runs.log import told
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.plain_input import PlainInput

WORKER_DIED = (
    "The program that runs the models for the chat has ended unexpectedly. What you have said is kept, and training is "
    "not touched; until it is started again, no model can reply or be exported."
)


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
    """Asks for a line of text, until there is one that will do.

    Args:
        question: What is asked for.
        value: What is proposed.
        attempt: Does what the text is for, or raises `InputError` or `OSError`; then the dialog stays and says why.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, value: str, attempt: Callable[[str], object]) -> None:
        super().__init__()
        self.question = question
        self.value = value
        self.attempt = attempt

    def compose(self) -> ComposeResult:
        """Make the question."""
        with Vertical(classes="dialog"):
            yield Static(plain(self.question))
            yield PlainInput(self.value, id="answer")
            yield Static(id="objection")
            yield Static(plain("Enter does it, Esc leaves all as it is."), classes="hint")

    def on_mount(self) -> None:
        """Begin with what is proposed."""
        self.query_one("#answer").focus()

    def on_input_changed(self) -> None:
        """Take back what was said against another answer."""
        self.query_one("#objection", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, unless it will not do."""
        answer = event.value.strip()
        try:
            if not answer:
                raise InputError("nothing is written here. Write it, or press Esc.")
            self.attempt(answer)
        except (InputError, OSError) as error:
            words = error.strerror or error if isinstance(error, OSError) else error
            self.query_one("#objection", Static).update(plain(f"✗ {words}"))
            return
        self.dismiss(answer)


class WorkerDied(ModalScreen[bool]):
    """Says that the worker is gone, with its last words.

    Args:
        message: What happened.
        log: The end of its log.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(False)", "Go on without")]

    def __init__(self, message: str, log: str) -> None:
        super().__init__()
        self.message = message
        self.log_lines = told(log)

    def compose(self) -> ComposeResult:
        """Make the message and two ways on."""
        with Vertical(classes="dialog"):
            yield Static(plain(WORKER_DIED))
            with VerticalScroll(classes="log", can_focus=False):
                yield Static(plain(f"{self.message}\n{self.log_lines}".rstrip()))
            with Horizontal(classes="buttons"):
                yield Button("Start it again", id="again", variant="primary", compact=True)
                yield Button("Go on without", id="without", compact=True)

    def on_mount(self) -> None:
        """Let Enter start it again."""
        self.query_one("#again").focus()

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
    BINDINGS = [Binding("escape,question_mark,f1,enter", "dismiss", "Close")]

    def __init__(self, about: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self.about = about
        self.keys = keys

    def compose(self) -> ComposeResult:
        """Make the text."""
        width = max((len(key) for key, _ in self.keys), default=0)
        lines = [f"{key.rjust(width)}  {description}" for key, description in self.keys]
        with Vertical(classes="dialog"):
            with VerticalScroll(classes="about"):
                yield Static(plain(self.about))
                yield Static(plain("\n".join(lines)), classes="keys")
            yield Static(plain("Esc closes this."), classes="hint")

    def on_mount(self) -> None:
        """Let the arrow keys move what is higher than the terminal."""
        self.query_one(".about").focus()
