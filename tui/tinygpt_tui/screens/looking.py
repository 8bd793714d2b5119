"""Looking inside a model: opening it, asking the worker, and showing what is known."""

import asyncio
import contextlib
from collections.abc import Callable

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from tinygpt_keras.config import ModelConfig, SamplingOptions
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.findings import Surprise, Units
from tinygpt_keras.worker.client import WorkerStopped
from tinygpt_keras.worker.protocol import Looked
from tinygpt_tui.looking.answers import Answers
from tinygpt_tui.looking.gaze import VIEWS, Gaze
from tinygpt_tui.looking.opening import Opening, newer, open_gaze
from tinygpt_tui.looking.questions import Question, questions
from tinygpt_tui.looking.samples import loss_at
from tinygpt_tui.looking.steps import in_words, slider
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.runs.choices import Choice, list_choices
from tinygpt_tui.screens.page import Page
from tinygpt_tui.screens.writing_on import Writer
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.controls import Controls
from tinygpt_tui.widgets.shaded_text import ShadedText
from tinygpt_tui.widgets.sight import Sight
from tinygpt_tui.widgets.view_bar import ViewBar

KEYS = {"next": "n", "attention": "a", "surprise": "s", "lens": "l", "without": "o", "neurons": "u"}
PATIENCE_S = 0.3  # before a view is dimmed for a pending answer
WATCH_S = 2.0  # between two looks for newer weights
BOARDS = {"next": "versions", "attention": "all heads", "without": "what is on"}
SLIDER = 24  # columns


class LookingPage(Page):
    """Shows one view on a model and a text; whatever is looked at, the newest question is answered last.

    Args:
        choice: The model; the newest one when not given.
        text: The text; what the run wrote last when empty.
    """

    def __init__(self, choice: Choice | None = None, text: str = "") -> None:
        super().__init__()
        self.wanted = choice, text
        self.opening: Opening | None = None
        self.gaze: Gaze | None = None
        self.versions = Versions.of("", 0)
        self.answers = Answers()
        self.writer = Writer()
        self.asking = self.reading = False
        self.follows_sample = False
        """Whether the text is what the run wrote at the shown step."""

    def body(self) -> ComposeResult:
        """Yield the headline, the text, and the view beside it."""
        yield Static(id="headline")
        with Horizontal(id="parts"):
            with Vertical(id="left"):
                yield ShadedText(id="text")
                yield Static(id="board", classes="panel")
            with Vertical(id="right", classes="panel"):
                yield ViewBar(VIEWS, KEYS, id="views")
                with VerticalScroll(id="sight-scroll", can_focus=False):
                    yield Sight(id="sight")
                yield Controls(id="settings")

    def on_mount(self) -> None:
        """Open the wanted model, or the newest one."""
        self.set_interval(WATCH_S, self.look_for_news)
        self.open(*self.wanted)

    def on_screen_resume(self) -> None:
        """Ask whenever the screen is shown, since the worker may have died meanwhile; also what failed before."""
        self.answers.forget_failures()
        self.ask()

    def worker_started(self) -> None:
        """Ask the new worker what the last one left unanswered."""
        self.answers.forget()
        self.ask()

    def forget(self) -> None:
        """Forget what was found with other weights."""
        self.answers.forget()
        self.versions.forget_bits()

    def on_resize(self) -> None:
        """Draw anew for the new size."""
        self.call_after_refresh(self.show)

    def look_at(self, choice: Choice, text: str = "") -> None:
        """Look at a model, at a text or at what it wrote last; as soon as this screen is there."""
        if self.gaze is not None and not text and choice.path == self.gaze.choice.path:
            return  # it is shown already, as it was left
        self.wanted = choice, text
        if self.is_mounted:
            self.open(choice, text)

    @work(group="opening", exclusive=True, exit_on_error=False)
    async def open(self, choice: Choice | None, text: str) -> None:
        """Open a model to look at, or the newest one."""
        self.writer.stop()
        try:
            choice = choice or (await asyncio.to_thread(list_choices, self.owner.runs_dir))[0]
            self.opening, gaze, notice = await asyncio.to_thread(open_gaze, choice, text)
        except (InputError, OSError) as error:
            self.complain(error)
            return
        self.writer.stop()  # what began while the run was opened
        if notice:
            self.say(notice)
        if self.gaze is not None:
            gaze.view = self.gaze.view
        self.gaze = gaze
        self.follows_sample = not text and bool(self.opening.sample(choice.step))
        self.answers.forget()
        self.versions = Versions.of(gaze.text, gaze.place)
        self.change(lambda gaze: None)

    def change(self, edit: Callable[[Gaze], object]) -> None:
        """Edit what is looked at, show what is known of it, and ask for the rest."""
        if self.gaze is not None:
            edit(self.gaze)
            self.show()
            self.refresh_bindings()
            self.ask()

    @property
    def needed(self) -> dict[str, Question]:
        """What the current view needs to know."""
        if self.gaze is None or self.writer.is_writing:
            return {}
        options = SamplingOptions()
        if self.gaze.view == "next":
            with contextlib.suppress(InputError):  # a wrong setting is marked where it stands, and changes nothing
                options = self.query_one(Controls).options()
        return questions(self.gaze, options)

    def ask(self) -> None:
        """Ask what is not known yet, now or after the pending answer."""
        if not self.asking:
            self.asking = True
            self.find_out()

    @work(group="look", exit_on_error=False)
    async def find_out(self) -> None:
        """Request answers until the view has all that it needs."""
        try:
            while missing := [question for question in self.needed.values() if question not in self.answers]:
                age = self.answers.age
                try:
                    await self.answer(missing[0])
                except TinyGPTError as error:
                    if isinstance(error, WorkerStopped) and not self.owner.worker.given_up:
                        return  # a dialog shows the details
                    if age == self.answers.age:
                        self.answers.keep(missing[0], str(error))
                self.show()
        finally:
            self.asking = False

    async def answer(self, question: Question) -> None:
        """Request one answer and keep it."""
        sight, age = self.query_one(Sight), self.answers.age
        late = self.set_timer(PATIENCE_S, lambda: sight.add_class("-waiting"))
        try:
            exchange = await self.owner.worker.request(question.request)
            finding = (await exchange.result(Looked)).finding
        finally:
            late.stop()
            sight.remove_class("-waiting")
        if age != self.answers.age:
            return  # the weights have changed, and it is asked again
        self.answers.keep(question, finding)
        if isinstance(finding, Units) and finding.units and self.gaze is not None and self.gaze.unit is None:
            self.gaze.unit = finding.units[0].block, finding.units[0].unit

    def show(self) -> None:
        """Draw everything that is known."""
        if self.gaze is None or self.opening is None:
            return
        found = {name: answer for name, q in self.needed.items() if (answer := self.answers.get(q)) is not None}
        sight, board, text = self.query_one(Sight), self.query_one("#board", Static), self.query_one(ShadedText)
        if isinstance(surprise := found.get("surprise"), Surprise):
            self.versions.current.mean_bits = surprise.mean_bits
        sight.take(self.gaze, found, self.opening.history.rungs, loss_at(self.opening.history, self.gaze.choice.step))
        self.query_one("#headline", Static).update(plain(self.headline))
        self.query_one(ViewBar).show(self.gaze.view)
        self.query_one(Controls).display = self.gaze.view == "next" and not self.has_class("-tiny")
        drawn = sight.board(self.query_one("#left").size, self.versions)
        board.display = drawn is not None and not self.has_class("-tiny")
        board.border_title = BOARDS.get(self.gaze.view, "")
        board.update(drawn or "")
        text.border_title, text.border_subtitle = "what it reads", self.subtitle
        text.show(self.gaze.text, self.gaze.place, sight.shares(), self.gaze.window[0])
        self.call_after_refresh(text.follow)

    @property
    def headline(self) -> str:
        """The model, and where in its training it is shown."""
        if self.gaze is None or self.opening is None:
            return ""
        name, step, steps = Choice(self.gaze.choice.path).label, self.gaze.choice.step, self.opening.steps
        if len(steps) == 1:
            return f"{name}  {described(self.gaze.model)}"
        return f"{name.removesuffix(', best')}  {slider(steps, step, SLIDER)}  {in_words(step)}"

    @property
    def subtitle(self) -> str:
        """Where the cursor is, whose text it is, and which version is shown."""
        if self.gaze is None:
            return ""
        count = len(self.versions.all)
        words = [f"{self.gaze.place + 1:,} of {len(self.gaze.text):,}"]
        words += ["what it wrote"] if self.follows_sample else []
        words += [f"version {self.versions.shown + 1} of {count}"] if count > 1 else []
        words += ["writing…"] if self.writer.is_writing else []
        return ", ".join(words[::-1])

    @work(group="news", exit_on_error=False)
    async def look_for_news(self) -> None:
        """While the run trains, take its newest weights, steps and texts."""
        before = self.opening
        if before is None or self.reading or not self.is_current or self.writer.is_writing:
            return
        self.reading = True
        try:
            now = await asyncio.to_thread(newer, before)
        finally:
            self.reading = False
        if now is None or self.gaze is None or self.opening is not before or self.writer.is_writing:
            return
        self.opening = now
        if now.written != before.written:
            self.forget()
            if self.gaze.choice.step is None:
                self.follow_sample()
        self.change(lambda gaze: None)

    def follow_sample(self) -> None:
        """Show what the run wrote at the current step, if that is what is looked at."""
        if self.follows_sample and self.opening is not None and self.gaze is not None:
            text = self.opening.sample(self.gaze.choice.step)
            if text and text != self.gaze.text:
                self.versions = Versions.of(text, min(self.gaze.place, len(text) - 1))
                self.gaze.read_anew(text, self.gaze.place)


def described(model: ModelConfig) -> str:
    """Describe a model in a few words."""
    size = f"{model.parameters():,} parameters"
    return size if model.architecture == "bigram" else f"{size}, {model.num_layers} blocks of {model.num_heads} heads"
