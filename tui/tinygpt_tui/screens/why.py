"""Why a model wrote a character: what else it thought likely, and where it looked."""

from collections.abc import Sequence
from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from tinygpt_keras.client import Request, WorkerStopped
from tinygpt_keras.errors import TinyGPTError
from tinygpt_tui.screens.page import Page
from tinygpt_tui.state.inquiry import Inquiry
from tinygpt_tui.state.insight import Insight, insight, name
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.ranking import Ranking, likely, looked_at
from tinygpt_tui.widgets.read_view import ReadView

LIKELY, LOOKED_AT = 9, 7  # rows
PATIENCE_S = 0.3  # until it is shown that an answer has yet to come


class WhyScreen(Page):
    """One character of a conversation, and what a model says of it.

    Args:
        inquiries: What can be asked, one for each model that is shown; none is empty.
    """

    PLACE = "chat"
    CSS_PATH = "why.tcss"
    HELP_TEXT = (
        "The model chooses every character from all it knows, by chance: here is how likely it found each, before "
        "temperature and the other knobs have their say. What it decided this from is its attention: the shading, and "
        "the list with shares, say which of the characters before were taken how much of. b goes through its blocks, "
        "h through the heads of a block, each of which looks for something else. The arrows, or a click, go to another "
        "character. What is shown as read is all that the model had: an older text it has forgotten."
    )
    BINDINGS = [
        Binding("escape", "back", "Back"),
        Binding("left", "move(-1)", "Before", key_display="←"),
        Binding("right", "move(1)", "Next", key_display="→"),
        Binding("up", "line(-1)", "Line before", key_display="↑", show=False),
        Binding("down", "line(1)", "Next line", key_display="↓", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
        Binding("b", "block(1)", "Block"),
        Binding("B", "block(-1)", "Block before", show=False),
        Binding("h", "head(1)", "Head"),
        Binding("H", "head(-1)", "Head before", show=False),
        Binding("m", "other", "Other model"),
    ]

    def __init__(self, inquiries: Sequence[Inquiry]) -> None:
        super().__init__(name="why")
        self.inquiries = list(inquiries)
        self.shown = 0
        self.found: Insight | None = None
        self.answered = (-1, -1)
        """Which inquiry, and which of its characters, was found out."""
        self.block: int | None = None
        self.head: int | None = None

    def body(self) -> ComposeResult:
        """Make the text and the two lists."""
        yield Static(id="headline")
        with Horizontal(id="parts"):
            yield ReadView(id="read")
            with VerticalScroll(id="answers", can_focus=False):
                yield Ranking(id="likely")
                yield Ranking(id="looked-at")

    def on_mount(self) -> None:
        """Ask about the first character."""
        self.ask()

    @property
    def inquiry(self) -> Inquiry:
        """What is asked."""
        return self.inquiries[self.shown]

    @work(exclusive=True, group="inspect", exit_on_error=False)
    async def ask(self) -> None:
        """Have the worker say what the model makes of the character, and show it."""
        inquiry, asked_for = self.inquiry, (self.shown, self.inquiry.at)
        answers = self.query_one("#answers")
        # What stands there is of another character: said only where it stays so, for nothing is drawn as slowly.
        late = self.set_timer(PATIENCE_S, lambda: answers.add_class("-waiting"))
        request: Request | None = None
        try:
            asked = {"run": inquiry.choice.path, "step": inquiry.choice.step}
            request = await self.owner.worker.request(
                "inspect", **asked, prompt=inquiry.prompt, written=inquiry.written
            )
            answer = await request.result()
        except WorkerStopped:
            return  # a dialog says the rest
        except TinyGPTError as error:
            self.complain(error)
            return
        finally:
            late.stop()
            if request is not None:
                request.cancel()
        if "cancelled" not in answer and asked_for == (self.shown, self.inquiry.at):
            self.answered = asked_for
            before, self.found = self.found, insight(answer)
            answers.remove_class("-waiting")
            self.show()
            if before is None or before.blocks != self.found.blocks:
                self.refresh_bindings()

    def worker_started(self) -> None:
        """Ask a new worker what the last one did not say."""
        self.ask()

    def show(self) -> None:
        """Draw what was found."""
        found, inquiry = self.found, self.inquiry
        if found is None:
            return
        character = inquiry.character
        headline = f"{inquiry.choice.label}: {verdict(found, character)}  {inquiry.author}"
        self.query_one("#headline", Static).update(plain(headline.rstrip()))
        shares = found.shares(self.block, self.head)
        read = self.query_one(ReadView)
        read.border_title = f"what it had read, {len(found.context):,} characters"
        read.border_subtitle = f"{inquiry.at + 1:,} of {len(inquiry.places):,}"
        read.show(found.context, character, inquiry.rest, shares)
        self.query_one("#likely", Ranking).show("what it thought likely", likely(found, character, LIKELY))
        rows = looked_at(found, shares, LOOKED_AT) or [plain("A table of pairs: the last character alone.")]
        self.query_one("#looked-at", Ranking).show("where it looked", rows, self.eyes())

    def eyes(self) -> str:
        """Say whose attention is shown."""
        block = "all blocks" if self.block is None else f"block {self.block + 1}"
        head = "all heads" if self.head is None else f"head {self.head + 1}"
        return f"{block}, {head}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is."""
        del parameters
        if action == "other":
            return len(self.inquiries) > 1
        if action in ("block", "head"):
            return self.found is None or self.found.blocks > 0
        return True

    def on_read_view_pointed(self, event: ReadView.Pointed) -> None:
        """Go to the character that was clicked, if a model wrote it."""
        if self.inquiry.point(event.way):
            self.ask()

    def action_move(self, way: int) -> None:
        """Go to another character."""
        self.inquiry.move(way)
        self.ask()

    def action_line(self, way: int) -> None:
        """Go to another line."""
        self.inquiry.move_line(way)
        self.ask()

    def action_block(self, way: int) -> None:
        """Show the attention of another block, or of all."""
        if self.found is not None:
            self.block = turned(self.block, way, self.found.blocks)
            self.show()

    def action_head(self, way: int) -> None:
        """Show the attention of another head, or of all."""
        if self.found is not None:
            self.head = turned(self.head, way, self.found.heads)
            self.show()

    def action_other(self) -> None:
        """Ask the other model about what it wrote."""
        self.shown = (self.shown + 1) % len(self.inquiries)
        self.block = self.head = None
        self.ask()

    def action_back(self) -> None:
        """Go back to the chat."""
        self.dismiss()


def verdict(found: Insight, character: str) -> str:
    """Say how likely the written character was."""
    rank = found.rank(character)
    if rank is None:
        return f"“{name(character)}” is not among its characters"
    chance = 100 * found.chances[rank - 1][1]
    return f"“{name(character)}” had a chance of {chance:.1f} %, choice {rank} of {len(found.chances):,}"


def turned(value: int | None, way: int, count: int) -> int | None:
    """Go on through all together (`None`) and then each of so many, in a circle."""
    place: Any = (0 if value is None else value + 1) + way
    return None if place % (count + 1) == 0 else place % (count + 1) - 1
