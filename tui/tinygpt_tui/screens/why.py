"""Why a model wrote a character: its probabilities and its attention."""

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content

from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.findings.words import percent
from tinygpt_keras.worker.client import WorkerStopped
from tinygpt_keras.worker.protocol import Inspect, Inspected
from tinygpt_tui.chat.inquiry import Inquiry, Question
from tinygpt_tui.chat.insight import Found, Insight, eyes, insight, turned, verdict
from tinygpt_tui.looking.ramp import ramp_of
from tinygpt_tui.looking.subject import Subject
from tinygpt_tui.places import CHAT
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import hints, title
from tinygpt_tui.widgets.ranking import Ranking, heads, likely, looked_at
from tinygpt_tui.widgets.shaded_text import ShadedText
from tinygpt_tui.widgets.still import Still

AHEAD = 1000  # characters shown after the explained one
ROOMY = 20  # rows of a narrow screen that has room for the heads, too
PATIENCE_S = 0.3  # before the lists are dimmed for a pending answer


class WhyScreen(Page):
    """Explains one written character by a model's probabilities and attention.

    Args:
        inquiries: One for each model that the chat shows.
    """

    PLACE = CHAT
    CSS_PATH = "why.tcss"
    HELP_TEXT = (
        "A model gives every character a chance and draws one: here are the chances, before temperature and the other "
        "knobs. The text up to the marked character is all that it saw; anything older it cannot see. The shading, and "
        "the shares, say how much it took from each character before: that is its attention. b goes through its "
        "blocks, h or a click through their heads, each of which looks for something else. A model that replies saw "
        "the whole line, and of its reply what stands before; h goes on from its heads to the cross-heads, marked ×, "
        "which look at the line. The arrows, or a click, go to another character; page up and page down move the "
        "lists. F8 looks further into the model at the same place. All is computed with the model as it is now."
    )
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (76, "-narrow"), (100, "-wide")]
    BINDINGS = [
        Binding("escape", "back", "Back"),
        Binding("left", "move(-1)", "Before", key_display="←"),
        Binding("right", "move(1)", "Next", key_display="→"),
        Binding("up", "line(-1)", "Line before", key_display="↑", show=False),
        Binding("down", "line(1)", "Next line", key_display="↓", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("b", "block(1)", "Block", show=False),
        Binding("B", "block(-1)", "Block before", show=False),
        Binding("h", "head(1)", "Head", show=False),
        Binding("H", "head(-1)", "Head before", show=False),
        Binding("m", "other", "Other model"),
        Binding("pageup", "scroll_lists(-1)", "Lists up", show=False),
        Binding("pagedown", "scroll_lists(1)", "Lists down", show=False),
    ]

    def __init__(self, inquiries: Sequence[Inquiry]) -> None:
        super().__init__()
        self.inquiries = list(inquiries)
        self.shown = 0
        self.asking = False
        self.found: Found | None = None
        """The shown answer, which may belong to an earlier question."""
        self.block: int | None = None
        self.head: int | None = None

    def body(self) -> ComposeResult:
        """Yield the headline, the text with a row for each head beneath, and the two lists."""
        yield Still(id="headline")
        with Horizontal(id="parts"):
            with Vertical(id="left"):
                yield ShadedText(id="read")
                yield Ranking(id="heads")
            with VerticalScroll(id="answers", can_focus=False):
                yield Ranking(id="likely")
                yield Ranking(id="looked-at")

    def on_mount(self) -> None:
        """Name the panels."""
        self.query_one("#likely").border_title = title("what it thought likely")
        self.query_one("#heads").border_title = title("what each head looks at most")
        self.query_one("#heads").border_subtitle = hints(("b", "block"), ("h", "head"))
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show())

    def on_unmount(self) -> None:
        """End the subscription, which holds this screen."""
        self.app.theme_changed_signal.unsubscribe(self)

    def fitted(self) -> None:
        """Draw as many rows as there is room for."""
        self.show()

    def on_screen_resume(self) -> None:
        """Ask whenever the screen is shown, since the worker may have died meanwhile."""
        self.ask()

    def worker_started(self) -> None:
        """Ask the new worker what the last one left unanswered."""
        self.ask()

    @property
    def subject(self) -> Subject:
        """What Look shows if it is opened from here: the conversation, from just before the explained character."""
        return self.inquiry.subject

    @property
    def inquiry(self) -> Inquiry:
        """The inquiry of the shown model."""
        return self.inquiries[self.shown]

    def ask(self) -> None:
        """Ask about the current character, now or after the pending answer."""
        if not self.asking:
            self.asking = True
            self.find_out()

    @work(group="inspect", exit_on_error=False)
    async def find_out(self) -> None:
        """Request answers until the current question is answered."""
        try:
            while self.is_current and not self.is_answered:
                inquiry, question = self.inquiry, self.inquiry.question
                try:
                    await self.answer(inquiry, question)
                except TinyGPTError as error:
                    if isinstance(error, WorkerStopped) and not self.owner.worker.given_up:
                        return  # a dialog shows the details
                    if inquiry is self.inquiry and question == inquiry.question:
                        self.give_up(question, error)
                        return
        finally:
            self.asking = False

    @property
    def is_answered(self) -> bool:
        """Whether the shown answer belongs to the current question."""
        found = self.found
        return found is not None and found.inquiry is self.inquiry and found.question == self.inquiry.question

    @property
    def has_blocks(self) -> bool:
        """Whether the model has blocks; assumed until the first answer."""
        return self.found is None or self.found.insight.blocks > 0

    async def answer(self, inquiry: Inquiry, question: Question) -> None:
        """Request one answer and show it."""
        lists = self.query_one("#answers")
        late = self.set_timer(PATIENCE_S, lambda: lists.add_class("-waiting"))
        choice = question.choice
        request = Inspect(run=choice.path, step=choice.step, prompt=question.prompt, written=question.written)
        try:
            found = insight(await (await self.owner.worker.request(request)).result(Inspected))
        finally:
            late.stop()
            lists.remove_class("-waiting")
        self.found = Found(inquiry, question, found)
        if self.block is not None and self.block >= found.blocks:
            self.block = None
        if self.head is not None and self.head >= found.heads:
            self.head = None
        self.show()

    def give_up(self, question: Question, error: TinyGPTError) -> None:
        """Clear the previous answer and show why there is none."""
        self.found = None
        self.complain(error)
        self.query_one("#headline", Still).show(plain(f"{question.choice.label}: no answer"))
        text = self.query_one(ShadedText)
        text.border_title = None
        text.tell(plain(""))
        text.show("", 0)
        for ranking in self.query(Ranking):
            ranking.show_lines(())

    def show(self) -> None:
        """Draw the answer."""
        if self.found is None:
            return
        _, question, found = self.found
        order = -1 if self.has_class("-tiny") else 1
        words = [question.choice.label, verdict(found, question.character)][::order]
        headline = f"{': '.join(words)}  {question.author}"
        self.query_one("#headline", Still).show(plain(headline.rstrip()))
        shares = found.shares(self.block, self.head)
        self.show_text(question, found, shares)
        chances, looked = self.query_one("#likely", Ranking), self.query_one("#looked-at", Ranking)
        chances.show_lines(likely(found, question.character, *chances.room))
        looked.border_title = title("where it looked")
        looked.tell(plain(eyes(found, self.block, self.head) if found.blocks else "a table of pairs"))
        nothing = [plain("the last character, and no other")]
        looked.show_lines(looked_at(found, shares, *looked.room) if found.blocks else nothing)
        self.show_heads(found)

    def show_text(self, question: Question, found: Insight, shares: list[float]) -> None:
        """Draw what the model saw, the character, and what followed it."""
        text, most = self.query_one(ShadedText), max(shares, default=0.0) or 1.0
        words: Content = title(f"what it saw, {len(found.context):,} characters")
        if text.border_title != words.markup:
            text.border_title = words
        where = plain(f"{question.number + 1:,} of {question.total:,}")
        text.tell(
            Content("  ").join([ramp_of(self.app).scale_of_text("0 %", percent(most)), where]) if shares else where
        )
        whole = found.context + question.character + question.rest[:AHEAD]
        text.show(whole, len(found.context), [share / most for share in shares], dims_later=True)

    def show_heads(self, found: Insight) -> None:
        """Draw a row for each head, and keep the chosen one in sight."""
        every = self.query_one("#heads", Ranking)
        every.display = found.blocks > 0 and (self.size.height >= ROOMY or not self.has_class("-tiny"))
        every.border_title = title(f"what each head looks at most{', × across at the line' if found.source else ''}")
        every.styles.height = found.blocks * found.heads + every.gutter.height
        every.show_lines(heads(found, self.block, self.head, every.size.width - 1))  # beside a scrollbar
        if self.block is not None or self.head is not None:
            every.reveal((self.block or 0) * found.heads + (self.head or 0))

    def on_ranking_resized(self) -> None:
        """Draw the lists for their new sizes."""
        self.show()

    def on_ranking_picked(self, event: Ranking.Picked) -> None:
        """Show the attention of the clicked head."""
        if event.ranking.id == "heads" and self.found is not None:
            self.block, self.head = divmod(event.row, self.found.insight.heads)
            self.show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the actions that apply to the shown models."""
        del parameters
        if action == "other":
            return len(self.inquiries) > 1
        if action in ("block", "head"):
            return self.has_blocks
        return True

    def on_shaded_text_pointed(self, event: ShadedText.Pointed) -> None:
        """Go to the clicked character, if it belongs to the same reply."""
        if self.found is None or self.found.inquiry is not self.inquiry:
            return
        _, question, found = self.found
        # Counted in characters of the context, which lacks those that the model does not know.
        way = event.place - len(found.context)
        if question.written.endswith(found.context[event.place :]) and way <= len(question.rest):
            self.inquiry.number = question.number
            self.action_move(way)

    def action_move(self, way: int) -> None:
        """Move by `way` characters."""
        self.inquiry.move(way)
        self.ask()

    def action_line(self, way: int) -> None:
        """Move to the next line (1) or the previous one (-1)."""
        self.inquiry.move_line(way)
        self.ask()

    def action_first(self) -> None:
        """Move to the first character that was written."""
        self.action_move(-self.inquiry.total)

    def action_last(self) -> None:
        """Move to the last character that was written."""
        self.action_move(self.inquiry.total)

    def action_block(self, way: int) -> None:
        """Show the attention of another block, or the mean of all."""
        if self.found is not None:
            self.block = turned(self.block, way, self.found.insight.blocks)
            self.show()

    def action_head(self, way: int) -> None:
        """Show the attention of another head, or the mean of all."""
        if self.found is not None:
            self.head = turned(self.head, way, self.found.insight.heads)
            self.show()

    def action_other(self) -> None:
        """Ask the other model about what it wrote."""
        self.shown = (self.shown + 1) % len(self.inquiries)
        self.ask()

    def action_scroll_lists(self, way: int) -> None:
        """Scroll the lists by a page."""
        lists = self.query_one("#answers")
        lists.scroll_relative(y=way * max(lists.size.height - 1, 1), animate=False)

    def action_back(self) -> None:
        """Go back to the chat."""
        self.dismiss()
