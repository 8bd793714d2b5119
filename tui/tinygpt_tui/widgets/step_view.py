"""A step of the tour: its sentences, its tables of numbers, its code, and the terms that are new."""

from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tinygpt_keras.tour import Step
from tinygpt_keras.tour.station import Station
from tinygpt_tui.learn.arrangement import Arrangement, arrange
from tinygpt_tui.learn.code import shown
from tinygpt_tui.learn.formats import least
from tinygpt_tui.learn.lesson import NOTES, SENTENCE, verdict
from tinygpt_tui.learn.terms import explained
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.number_table import NumberTable

MARGIN = 2  # columns: the padding at the left, and the scroll bar
FRAME = 4  # columns of a panel: its border and its padding
ABSENCE = 72  # columns of the words that stand in place of two tables, if these are beside the sentences
BESIDE = 112  # columns from which they are
MOST_FURTHER = 4  # further tables of a step
HIGH = 30  # rows from which there is room between sentences


class Numbers(NamedTuple):
    """The numbers of a step on a sentence."""

    station: Station
    sentence: str
    remark: str
    """Said before what the numbers mean; may be empty."""


class StepView(VerticalScroll, can_focus=False):
    """Shows one step, arranged by the size that there is."""

    DEFAULT_CSS = """
    StepView {
        padding: 0 0 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        Container { height: auto; }
        #words { padding: 0 1; }
        #prose, #verdict { height: auto; }
        #go-on { margin: 1 0 0 0; }
        #verdict { padding: 0 1; }
        #code { height: auto; width: 1fr; }
        #terms { height: auto; }
        &.-beside {
            #first, #second { layout: horizontal; }
            #words { width: 1fr; }
            #pair, #further { width: auto; }
            #verdict { padding: 1; }
        }
        &.-beside #pair, &.-pair #pair, &.-row #further { layout: horizontal; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.step: Step | None = None
        self.numbers: Numbers | None = None
        self.absence = ""
        self.drawn_for = 0, 0
        """The width of this widget and the height of the screen when it was drawn."""

    def compose(self) -> ComposeResult:
        """Yield the sentences, two compared tables, their meaning, further tables, the code and the new terms."""
        with Container(id="first"):
            with Container(id="words"):
                yield Static(id="prose")
                yield Button("Go on to a trained model (g)", id="go-on", variant="primary", compact=True)
            with Container(id="pair"):
                yield NumberTable(id="before")
                yield NumberTable(id="after")
        yield Static(id="verdict")
        with Container(id="second"):
            with Container(id="further"):
                for _ in range(MOST_FURTHER):
                    yield NumberTable(classes="further panel")
            yield Static(id="code", classes="panel")
        yield Static(id="terms", classes="panel")

    def show(self, step: Step, numbers: Numbers | None, absence: str, is_last: bool) -> None:
        """Show a step.

        Args:
            step: The step.
            numbers: Its numbers, if they are there.
            absence: Why they are not.
            is_last: Whether it ends the tour.
        """
        self.query_one("#go-on").display = is_last
        self.step, self.numbers, self.absence = step, numbers, absence
        self.draw()

    def on_mount(self) -> None:
        """Name the panels."""
        self.query_one("#code").border_title = "the code"
        self.query_one("#terms").border_title = "words that are new here"

    def on_resize(self) -> None:
        """Arrange the parts anew, unless only their own height has changed."""
        if (self.outer_size.width, self.screen.size.height) != self.drawn_for:
            self.draw()

    def draw(self) -> None:
        """Draw all parts for the size that there is."""
        if self.step is None:
            return
        self.drawn_for = self.outer_size.width, self.screen.size.height
        width = max(self.outer_size.width - MARGIN, 1)
        gap = "\n\n" if self.screen.size.height >= HIGH else "\n"
        self.query_one("#prose", Static).update(plain(gap.join(self.step.sentences)))
        further = self.draw_numbers(self.step, self.numbers, width) if self.numbers else 0
        if self.numbers is None:
            self.draw_absence(self.step, width)
        code = self.query_one("#code", Static)
        beneath = [table.height for table in self.query(".further").results(NumberTable) if table.display]
        code.styles.min_height = max(beneath, default=0) if further else 0
        self.query_one("#terms", Static).update(explained(self.step.name))
        code.border_subtitle = f"tinygpt_keras/tour/{self.step.name}.py"
        code.update(shown(self.step.lines, width - further - FRAME))

    def draw_numbers(self, step: Step, numbers: Numbers, width: int) -> int:
        """Draw the tables and what they mean, and return how many columns stand beside the code."""
        station, sentence, remark = numbers
        arrangement = arrange(station, width, self.screen.size.height)
        self.set_form(arrangement.form, arrangement.in_row)
        for name, table in (("#before", station.before), ("#after", station.after)):
            widget = self.query_one(name, NumberTable)
            widget.display = True
            widget.show(table, sentence, arrangement.pair, arrangement.tall, fill=arrangement.form == "pair")
        meaning = plain(f"{remark} {verdict(step.name, station, sentence)}".lstrip()).stylize("bold")
        self.query_one("#verdict", Static).update(Content.assemble(meaning, "\n", plain(NOTES[step.name])))
        return self.draw_further(numbers, arrangement)

    def draw_further(self, numbers: Numbers, arrangement: Arrangement) -> int:
        """Draw the further tables, and return how many columns stand beside the code."""
        widths = [0]
        for number, widget in enumerate(self.query(".further").results(NumberTable)):
            widget.display = number < len(numbers.station.further)
            if widget.display:
                table = numbers.station.further[number]
                # Scores have more digits than what they stand under.
                wide = arrangement.further if table.kind == "scores" else max(arrangement.pair, least(table))
                budget = min(arrangement.further, wide)
                widths.append(widget.show(table, numbers.sentence, budget, arrangement.tall))
        if arrangement.form != "beside":
            return 0
        return sum(widths) if arrangement.in_row else max(widths)

    def draw_absence(self, step: Step, width: int) -> None:
        """Show in place of the tables why there are none."""
        self.set_form("beside" if width >= BESIDE else "stack", in_row=False)
        for table in self.query(NumberTable):
            table.display = table.id == "before"
        before = self.query_one("#before", NumberTable)
        before.say(plain(self.absence), ABSENCE if width >= BESIDE else width, rows=len(SENTENCE))
        self.query_one("#verdict", Static).update(plain(NOTES[step.name]))

    def set_form(self, form: str, in_row: bool) -> None:
        """Set the classes by which the style sheet places the parts."""
        for name in ("beside", "pair", "stack"):
            self.set_class(name == form, f"-{name}")
        self.set_class(in_row, "-row")
