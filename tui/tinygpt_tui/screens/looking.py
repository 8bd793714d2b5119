"""Looking inside a model: opening it, asking the worker, and showing what is known."""

import asyncio
from collections.abc import Callable
from functools import partial

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.findings import Surprise, Units
from tinygpt_keras.text.pairs import START
from tinygpt_keras.worker.client import WorkerStopped
from tinygpt_keras.worker.protocol import Looked
from tinygpt_tui.looking.answers import Answer, Answers
from tinygpt_tui.looking.gaze import VIEWS, Gaze
from tinygpt_tui.looking.headings import place_words, view_title
from tinygpt_tui.looking.opening import Opening, open_gaze
from tinygpt_tui.looking.questions import BESIDE, Question, questions
from tinygpt_tui.looking.ramp import ramp_of
from tinygpt_tui.looking.samples import loss_at, sample_in_words
from tinygpt_tui.looking.versions import Version, Versions
from tinygpt_tui.runs.choices import Choice, list_choices
from tinygpt_tui.screens.look_captions import CORNERS, board_hints, board_title, headline, text_title, view_hints
from tinygpt_tui.screens.page import Page
from tinygpt_tui.screens.writing_on import Writer
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.controls import Controls
from tinygpt_tui.widgets.panel import caption, hint, title
from tinygpt_tui.widgets.shaded_text import ShadedText
from tinygpt_tui.widgets.sight import LOADING, READING, WRITING, Sight
from tinygpt_tui.widgets.still import Still
from tinygpt_tui.widgets.view_bar import ViewBar

GREEDY = SamplingOptions(temperature=0)  # a model's own reply, each of whose characters is the likeliest
KEYS = {"next": "n", "attention": "a", "surprise": "s", "lens": "l", "without": "o", "neurons": "u"}
TALL = 50  # rows of a screen that has room for a second view under the text
PATIENCE_S = 0.3  # before a view is dimmed for a pending answer
FRAMES_PER_S = 25  # of what the model writes on


class LookingPage(Page):
    """Shows one view on a model and a text; whatever is looked at, the newest question is answered last.

    Args:
        choice: The model; the newest one when not given.
        text: The text; what the run wrote last when empty.
        place: The cursor; the end of the text when not given.
        source: What the text replies to.
    """

    def __init__(
        self, choice: Choice | None = None, text: str = "", place: int | None = None, source: str = ""
    ) -> None:
        super().__init__()
        self.wanted = choice, text, place, source
        self.opening: Opening | None = None
        self.gaze: Gaze | None = None
        self.versions = Versions.of("", 0)
        self.answers = Answers()
        self.writer = Writer()
        self.options = SamplingOptions()
        self.asking = self.has_grown = False
        self.offers: tuple[bool, ...] = ()
        self.instead_of = ""
        """The run without weights that a person came from, until it is told."""
        self.follows_sample = False
        """Whether the text is what the run wrote at the shown step."""

    def body(self) -> ComposeResult:
        """Yield the headline, the text, and the view beside it."""
        yield Still(id="headline")
        with Horizontal(id="parts"):
            with Vertical(id="left"):
                yield ShadedText(id="text")
                yield Still(id="board", classes="panel")
            with Vertical(id="right", classes="panel"):
                yield ViewBar(VIEWS, KEYS, id="views")
                yield Sight(id="sight")
                yield Controls(id="settings")

    def on_mount(self) -> None:
        """Open the wanted model, or the newest one."""
        self.read_settings()
        self.query_one(Controls).border_title = title(" settings ")  # without corners, Textual leaves no room
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show())
        self.set_interval(1 / FRAMES_PER_S, self.flush)
        self.open(*self.wanted)

    def on_unmount(self) -> None:
        """End the subscription, which holds this screen."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_screen_resume(self) -> None:
        """Ask whenever the screen is shown, since the worker may have died meanwhile; also what failed before."""
        self.answers.forget_failures()
        self.ask()

    def worker_started(self) -> None:
        """Ask the new worker what the last one left unanswered."""
        self.answers.forget()
        self.ask()

    def fitted(self) -> None:
        """Draw anew for the new size, in which there may be room for a second view."""
        self.change(lambda gaze: None)

    def look_at(self, choice: Choice, text: str = "", place: int | None = None, source: str = "") -> None:
        """Look at a model, at a place of a text or at what it wrote last; as soon as this screen is there."""
        if self.gaze is not None and not (text or source) and choice.path == self.gaze.choice.path:
            return  # it is shown already, as it was left
        self.wanted = choice, text, place, source
        if self.is_mounted:
            self.open(choice, text, place, source)

    def stand_in_for(self, name: str) -> None:
        """Say which model is shown in place of a run without weights, as soon as that model is open."""
        self.instead_of = name
        if name and self.gaze is not None:
            self.instead_of = ""
            self.say(f"{name} has no weights yet; showing {self.gaze.choice.label}.")

    @work(group="opening", exclusive=True, exit_on_error=False)
    async def open(self, choice: Choice | None, text: str, place: int | None = None, source: str = "") -> None:
        """Open a model to look at, or the newest one."""
        self.writer.stop()
        try:
            choice = choice or (await asyncio.to_thread(list_choices, self.owner.runs_dir))[0]
            self.opening, gaze, notice = await asyncio.to_thread(open_gaze, choice, text, place, source)
        except (InputError, OSError) as error:
            self.complain(error)
            return
        self.writer.stop()  # what began while the run was opened
        if notice:
            self.say(notice)
        if self.gaze is not None:
            gaze.view = self.gaze.view
        self.gaze = gaze
        self.stand_in_for(self.instead_of)
        self.follows_sample = not (text or source) and any(self.opening.sample(choice.step))
        self.answers.forget()
        self.versions = Versions.of(gaze.text, gaze.place)
        self.change(lambda gaze: None)
        if gaze.text == START and not self.follows_sample:
            self.write_on(self.versions.current, GREEDY)

    @work(group="writing", exclusive=True, exit_on_error=False)
    async def write_on(self, version: Version, options: SamplingOptions | None = None) -> None:
        """Ask the model to continue a version, by default with the settings of sampling."""
        if (gaze := self.gaze) is None:
            return
        try:
            options = options or self.query_one(Controls).options()
            grow = partial(self.grow, version)
            await self.writer.write(self.owner.worker, gaze.choice, version, options, grow, gaze.source)
        except InputError as error:
            self.complain(error)
        except TinyGPTError as error:
            if not isinstance(error, WorkerStopped) or self.owner.worker.given_up:
                self.complain(error)
        self.change(lambda gaze: None)

    def read_settings(self) -> None:
        """Read the settings of sampling; a wrong one changes nothing, and the view says so."""
        try:
            self.options, wrong = self.query_one(Controls).options(), ""
        except InputError as error:
            wrong = str(error)
        self.query_one(Sight).wrong = wrong

    def change(self, edit: Callable[[Gaze], object]) -> None:
        """Edit what is looked at, show what is known of it, and ask for the rest."""
        if self.gaze is not None:
            edit(self.gaze)
            self.ask()
            self.show()

    def grow(self, version: Version) -> None:
        """Note that the model has written on; it is drawn with the next frame."""
        if self.gaze is not None and self.versions.current is version:
            self.gaze.text, self.has_grown = version.text, True

    def flush(self) -> None:
        """Draw what the model has written since the last frame."""
        if self.has_grown:
            self.show()

    @property
    def has_room(self) -> bool:
        """Whether there is room for a second view under the text."""
        return self.size.height >= TALL and not self.has_class("-tiny")

    @property
    def needed(self) -> dict[str, Question]:
        """What the current view needs to know."""
        if self.gaze is None or self.writer.is_writing:
            return {}
        return questions(self.gaze, self.options, self.has_room)

    def ask(self) -> None:
        """Ask what is not known yet, now or after the pending answer."""
        if not self.asking:
            self.asking = True
            self.find_out()

    @work(group="look", exit_on_error=False)
    async def find_out(self) -> None:
        """Request answers until the view has all that it needs, and draw them together: drawing takes as long."""
        sight = self.query_one(Sight)
        late = self.set_interval(PATIENCE_S, self.show_late)
        try:
            # One at a time, and only while they are looked at: what one moves on from is never sent.
            while self.is_current and (missing := [q for q in self.needed.values() if q not in self.answers]):
                age = self.answers.age(missing[0])
                try:
                    exchange = await self.owner.worker.request(missing[0].request)
                    answer: Answer = (await exchange.result(Looked)).finding
                except TinyGPTError as error:
                    if isinstance(error, WorkerStopped) and not self.owner.worker.given_up:
                        return  # a dialog shows the details
                    answer = str(error)
                if age == self.answers.age(missing[0]):  # otherwise the weights have changed, and it is asked again
                    self.keep(missing[0], answer)
            self.show()
        finally:
            late.stop()
            sight.remove_class("-waiting")
            self.asking = False

    def show_late(self) -> None:
        """While answers are pending, dim the view and show those that have come."""
        self.query_one(Sight).add_class("-waiting")
        self.show()

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer; the first unit of a list is chosen until another one is."""
        self.answers.keep(question, answer)
        if isinstance(answer, Units) and answer.units and self.gaze is not None and self.gaze.unit is None:
            self.gaze.unit = answer.units[0].block, answer.units[0].unit

    def show(self) -> None:
        """Draw everything that is known, as far as it has changed."""
        self.has_grown = False
        gaze, opening, sight = self.gaze, self.opening, self.query_one(Sight)
        if gaze is None or opening is None:
            return
        found = {name: answer for name, q in self.needed.items() if (answer := self.answers.get(q)) is not None}
        if isinstance(surprise := found.get("surprise"), Surprise):
            self.versions.current.mean_bits = surprise.mean_bits
        best = opening.history.best.step if opening.history.best else None
        self.query_one("#headline", Still).show(headline(gaze, opening.steps, self.size.width, best))
        self.query_one(ViewBar).mark(gaze.view)
        self.query_one(Controls).display = gaze.view == "next" and not self.has_class("-tiny")
        is_writing, is_ready = self.writer.is_writing, self.owner.worker.is_ready
        sight.absence = LOADING if not is_ready else WRITING if is_writing else READING
        sight.take(gaze, found, opening.history.rungs, loss_at(opening.history, gaze.choice.step))
        right = self.query_one("#right")
        keys = view_hints(gaze, self.query_one(Controls).display, right.outer_size.width)
        caption(right, title(view_title(gaze)), keys)
        self.show_board(*sight.board(self.query_one("#left").size, self.versions, self.has_room))
        text = self.query_one(ShadedText)
        words = text_title(gaze, sight.scale(), text.outer_size.width)
        if str(text.border_title) != words.markup:
            text.border_title = words
        origin = sample_in_words(opening.history, gaze.choice.step) if self.follows_sample else ""
        keys = hint("t", "source  " if gaze.model.replies else "text  ")
        room = text.outer_size.width - CORNERS - keys.cell_length
        text.tell(keys + plain(place_words(gaze, self.versions, origin, is_writing, room)))
        above, below = gaze.above, "" if is_writing else gaze.below
        text.show(above + gaze.text + below, len(above) + gaze.place, *sight.shares(), ruled=len(above))
        if self.offers != (offers := self.offered):
            self.offers = offers
            self.refresh_bindings()

    def show_board(self, name: str, drawn: Content | None) -> None:
        """Draw what stands under the text, if anything does."""
        board = self.query_one("#board", Still)
        self.query_one("#left").set_class(name in BESIDE.values(), "-paired")
        # Where there are few rows, the text has one, and leaves room for switches.
        is_main = self.gaze is not None and self.gaze.view == "without" and not self.has_class("-high")
        board.display = drawn is not None and (is_main or not self.has_class("-tiny"))
        if drawn is not None and self.gaze is not None:
            columns = self.query_one("#left").size.width  # a board that was hidden still has its former width
            caption(board, board_title(name, ramp_of(self.app)), board_hints(name, self.gaze, columns))
            board.show(drawn)

    @property
    def offered(self) -> tuple[bool, ...]:
        """Which keys of the footer do something now: it is made anew only if they change."""
        return tuple(self.check_action(action, ()) is True for action in ("step", "pinned"))
