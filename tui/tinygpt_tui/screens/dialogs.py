"""Modal dialogs: a confirmation, a line of text, and the end of the worker."""

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
    """Asks for confirmation.

    Args:
        question: What will happen.
        action: The label of the button that confirms.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss(False)", "No")]

    def __init__(self, question: str, action: str) -> None:
        super().__init__()
        self.question = question
        self.action_word = action

    def compose(self) -> ComposeResult:
        """Yield the question and two buttons."""
        with Vertical(classes="dialog"):
            yield Static(plain(self.question))
            with Horizontal(classes="buttons"):
                yield Button("Keep", id="keep", compact=True)
                yield Button(self.action_word, id="go", variant="error", compact=True)

    def on_mount(self) -> None:
        """Focus the button that changes nothing, so that Enter is harmless."""
        self.query_one("#keep").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close the dialog with the answer."""
        self.dismiss(event.button.id == "go")


class Ask(ModalScreen[str | None]):
    """Asks for a line of text until one is accepted.

    Args:
        question: The question.
        value: The proposed text.
        attempt: Uses the text; if it raises `InputError` or `OSError`, the dialog shows the error and stays open.
    """

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]
    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, value: str, attempt: Callable[[str], object]) -> None:
        super().__init__()
        self.question = question
        self.value = value
        self.attempt = attempt

    def compose(self) -> ComposeResult:
        """Yield the question and an input."""
        with Vertical(classes="dialog"):
            yield Static(plain(self.question))
            yield PlainInput(self.value, id="answer")
            yield Static(id="objection")
            yield Static(plain("Enter confirms, Esc cancels."), classes="hint")

    def on_mount(self) -> None:
        """Focus the input."""
        self.query_one("#answer").focus()

    def on_input_changed(self) -> None:
        """Clear the objection to the previous text."""
        self.query_one("#objection", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try the text, and close the dialog if it is accepted."""
        answer = event.value.strip()
        try:
            if not answer:
                raise InputError("the field is empty. Fill it in, or press Esc.")
            self.attempt(answer)
        except (InputError, OSError) as error:
            words = error.strerror or error if isinstance(error, OSError) else error
            self.query_one("#objection", Static).update(plain(f"✗ {words}"))
            return
        self.dismiss(answer)


class WorkerDied(ModalScreen[bool]):
    """Reports that the worker has ended, with the end of its log.

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
        """Yield the message, the log and two buttons."""
        with Vertical(classes="dialog"):
            yield Static(plain(WORKER_DIED))
            with VerticalScroll(classes="log", can_focus=False):
                yield Static(plain(f"{self.message}\n{self.log_lines}".rstrip()))
            with Horizontal(classes="buttons"):
                yield Button("Start it again", id="again", variant="primary", compact=True)
                yield Button("Go on without", id="without", compact=True)

    def on_mount(self) -> None:
        """Focus the button that starts the worker again."""
        self.query_one("#again").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close the dialog with the answer."""
        self.dismiss(event.button.id == "again")
