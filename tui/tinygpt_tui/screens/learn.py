"""The tour of attention, step by step, on a sentence that the reader types."""

from typing import NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.runs.directory import pretrained_run
from tinygpt_keras.tour import ORDER, read_steps
from tinygpt_keras.tour.station import LONGEST, Station
from tinygpt_keras.worker.client import WorkerStopped
from tinygpt_keras.worker.protocol import Tour, Toured
from tinygpt_tui.learn.lesson import SENTENCE, UNSCALED, used
from tinygpt_tui.places import LEARN
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import encodable, plain
from tinygpt_tui.widgets.plain_input import PlainInput
from tinygpt_tui.widgets.step_view import Numbers, StepView

COMING = "The numbers come as soon as TensorFlow has loaded, in a few seconds."
COMPUTED = "The numbers are being computed."
MARGINS = 4  # columns beside the title and the marks, and between them


class Found(NamedTuple):
    """A sentence and its numbers, kept together while newer sentences are typed."""

    sentence: str
    toured: Toured


class LearnScreen(Page):
    """Walks through the steps of attention, with the numbers of a sentence."""

    PLACE = LEARN
    CSS_PATH = "learn.tcss"
    HELP_TEXT = (
        "How a transformer reads, in nine steps: from a mean to the block that a GPT is made of, and then the two ways "
        "of looking that an encoder and a decoder add. Each step shows three sentences, the lines of this program that "
        "compute it, and their numbers for a sentence, beside those of the form before it. It needs no run, and no "
        "knowledge of mathematics beyond adding and multiplying. e goes to the field with the sentence: type any "
        "other, up to 24 characters. Tables of weights say, row by row, how much a character takes from itself and "
        "from those before it, and in the last two steps from all. Large numbers have a strong ground; below zero it "
        "has another colour, beside the minus sign. Nothing is trained here: the numbers that a character holds and "
        "the matrices are drawn at random, but always the same. After the last step, g goes on to a trained model."
    )
    BINDINGS = [
        Binding("escape", "back", "Back"),
        Binding("left", "step(-1)", "Before", key_display="←"),
        Binding("right", "step(1)", "Next", key_display="→"),
        Binding("g", "go_on", "Go on"),
        Binding("s", "scaling", "Scaling"),
        Binding("e", "edit", "Sentence"),
        Binding("up", "scroll_body(-1)", "Up", key_display="↑", show=False),
        Binding("down", "scroll_body(1)", "Down", key_display="↓", show=False),
        Binding("pageup", "scroll_pages(-1)", "A page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "A page down", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.steps = read_steps()
        self.place = 0
        """The index of the shown step."""
        self.scaled = True
        """Whether scores are divided."""
        self.offered = (True, False, False)
        """On what the offered keys depend: whether the step is the first, the last, and divides scores."""
        self.asking = False
        self.found: Found | None = None
        """The newest answer, which may belong to an earlier sentence."""
        self.failure = ""
        """Why the current sentence has no numbers."""

    def body(self) -> ComposeResult:
        """Yield the headline, the field, the sentences, the tables and the code."""
        with Horizontal(id="headline"):
            yield Static(id="title")
            yield Static(id="marks")
        with Horizontal(id="asked"):
            yield Label("sentence")
            yield PlainInput(id="sentence", placeholder=SENTENCE, compact=True)
            yield Static(id="state")
        yield StepView(id="body")

    def on_mount(self) -> None:
        """Show the first step, without numbers for now."""
        self.show_state()
        self.show_step()

    def on_screen_resume(self) -> None:
        """Ask whenever the screen is shown, since the worker may have died meanwhile."""
        self.ask()

    def worker_started(self) -> None:
        """Ask the new worker what the last one left unanswered."""
        self.ask()

    @property
    def name_of_step(self) -> str:
        """The name of the shown step."""
        return ORDER[self.place]

    @property
    def sentence(self) -> str:
        """The first characters of the typed sentence, or the one that stands in an empty field."""
        # Two halves of a surrogate pair would come out of JSON as one character.
        return encodable(self.query_one("#sentence", Input).value[:LONGEST]) or SENTENCE

    @property
    def is_answered(self) -> bool:
        """Whether the numbers belong to the current sentence."""
        return self.found is not None and self.found.sentence == self.sentence

    @property
    def station(self) -> Station | None:
        """The numbers of the shown step, if there are any."""
        if self.found is None:
            return None
        scaled = self.found.toured.stations[self.name_of_step]
        return scaled if self.scaled else self.found.toured.unscaled.get(self.name_of_step, scaled)

    def ask(self) -> None:
        """Ask for the numbers of the current sentence, now or after the pending answer."""
        if not self.asking:
            self.asking = True
            self.find_out()

    @work(group="tour", exit_on_error=False)
    async def find_out(self) -> None:
        """Request numbers until there are those of the current sentence."""
        try:
            while not self.is_answered:
                sentence, self.failure = self.sentence, ""
                try:
                    exchange = await self.owner.worker.request(Tour(sentence=sentence))
                    self.found = Found(sentence, await exchange.result(Toured))
                except TinyGPTError as error:
                    if isinstance(error, WorkerStopped) and not self.owner.worker.given_up:
                        return  # a dialog shows the details
                    if sentence == self.sentence:
                        self.give_up(error)
                        return
                else:
                    self.show_numbers()
        finally:
            self.asking = False

    def give_up(self, error: TinyGPTError) -> None:
        """Clear the numbers and show why there are none."""
        self.found, self.failure = None, f"There are no numbers: {error}"
        self.complain(error)
        self.show_numbers()

    def show_step(self) -> None:
        """Show the headline of the step, and all below it."""
        self.show_headline()
        self.show_numbers()

    def show_headline(self) -> None:
        """Show the title of the step, and how far it is, where that leaves room for the title."""
        title = f"{self.place + 1} of {len(ORDER)}  {self.steps[self.name_of_step].title}"
        self.query_one("#title", Static).update(plain(title), layout=False)
        marks = " ".join("●" if place <= self.place else "○" for place in range(len(ORDER)))
        has_room = len(title) + len(marks) + MARGINS <= self.size.width
        self.query_one("#marks", Static).update(plain(marks if has_room else ""))

    def show_numbers(self) -> None:
        """Show the text, the numbers and the code of the step."""
        station, numbers = self.station, None
        if station is not None and self.found is not None:
            remark = UNSCALED if not self.scaled and self.may_scale else ""
            numbers = Numbers(station, self.found.sentence, remark)
        absence = self.failure or (COMPUTED if self.owner.worker.is_ready else COMING)
        with self.app.batch_update():
            self.query_one(StepView).show(self.steps[self.name_of_step], numbers, absence, self.is_last)
        offered = self.place == 0, self.is_last, self.may_scale
        if offered != self.offered:  # the footer makes all its keys anew, which takes as long as a step
            self.offered = offered
            self.refresh_bindings()

    def show_state(self) -> None:
        """Show beside the field which part of the sentence is used."""
        value = self.query_one("#sentence", Input).value
        words = used(value, is_tiny=self.has_class("-tiny"))
        self.query_one("#state", Static).update(plain(words), layout=False)

    def leave_field(self) -> None:
        """Let keys walk again, and show the beginning of the sentence: only that part is used."""
        self.query_one("#sentence", Input).cursor_position = 0
        self.set_focus(None)

    def fitted(self) -> None:
        """Choose the words beside the field, and the marks, for the width."""
        self.show_state()
        self.show_headline()

    @property
    def is_last(self) -> bool:
        """Whether the shown step is the last."""
        return self.place == len(ORDER) - 1

    @property
    def may_scale(self) -> bool:
        """Whether the shown step divides scores."""
        return self.found is not None and self.name_of_step in self.found.toured.unscaled

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the actions that apply to the shown step."""
        if action == "scaling":
            return self.may_scale
        if action == "go_on":
            return self.is_last
        if action == "step":
            return 0 <= self.place + (1 if parameters == (1,) else -1) < len(ORDER)
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Compute the numbers of what has been typed."""
        event.stop()
        self.show_state()
        self.ask()

    def on_input_submitted(self) -> None:
        """Leave the field, so that the keys walk on."""
        self.leave_field()

    def on_button_pressed(self) -> None:
        """Go on to a trained model."""
        self.action_go_on()

    def action_step(self, way: int) -> None:
        """Go to the next step (1) or the previous one (-1); a key that is held down does not leave the last."""
        self.place = min(max(self.place + way, 0), len(ORDER) - 1)
        with self.app.batch_update():
            self.query_one("#body").scroll_home(animate=False)
            self.show_step()

    def action_scaling(self) -> None:
        """Switch the division of scores off or on."""
        self.scaled = not self.scaled
        self.show_numbers()

    def action_edit(self) -> None:
        """Go to the field with the sentence."""
        self.query_one("#sentence").focus()

    def action_go_on(self) -> None:
        """Look at what the pretrained model does with the sentence."""
        self.owner.look_at(Choice(str(pretrained_run().path)), self.sentence)

    def action_scroll_body(self, way: int) -> None:
        """Scroll by a line."""
        self.query_one("#body").scroll_relative(y=way, animate=False)

    def action_scroll_pages(self, way: int) -> None:
        """Scroll by a page."""
        body = self.query_one("#body")
        body.scroll_relative(y=way * max(body.size.height - 1, 1), animate=False)

    def action_back(self) -> None:
        """Leave the field, or else go back to where one came from."""
        if self.focused is not None:
            self.leave_field()
        else:
            self.owner.go_back()
