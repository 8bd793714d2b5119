"""What the form describes, what is wrong with it, and the button that starts it."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.training.findings import Findings
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.panel import hint, title


class Verdict(Vertical):
    """The buttons, the objection or the remarks, and facts about the run and its model."""

    DEFAULT_CSS = """
    Verdict {
        height: auto;
        #buttons { height: 1; }
        #buttons Button { margin: 0 2 0 0; }
        &.-wrong #start { background: $panel; color: $foreground 60%; }  /* pressed, it says what is wrong */
        #about { color: $foreground 70%; }
        #findings { height: auto; max-height: 5; }
    }
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = title("Start", "^s")
        self.findings = Findings()
        """What is shown."""
        self._rows = -1

    def compose(self) -> ComposeResult:
        """Yield the buttons and the lines."""
        with Horizontal(id="buttons"):
            yield Button("Start", variant="primary", id="start", compact=True)
            yield Button("Watch the current run", id="watch", compact=True)
            yield OneLine(id="about")
        yield Static(id="findings")

    def lead_back(self, watched: RunDirectory | None) -> None:
        """Offer the run that was watched last, if there is one."""
        button = self.query_one("#watch", Button)
        button.display = watched is not None
        if watched is not None:
            words = "Watch the current run" if watched.trainer() is not None else "See the last run"
            button.label = hint("^g", words)
            button.refresh(layout=True)  # Textual does not measure a button anew for its label

    def explain(self, words: str) -> None:
        """Explain a field beside the buttons."""
        self.query_one("#about", OneLine).show(words)

    def show(self, findings: Findings) -> None:
        """Show what is found, unless it is shown already."""
        if findings != self.findings:
            self.findings = findings
            self.set_class(bool(findings.wrong), "-wrong")
            self.draw()

    def on_resize(self) -> None:
        """Show the lines that this size has room for."""
        self.draw()

    def draw(self) -> None:
        """Show the lines; lay the screen out only when their number changes, for the next key waits for that."""
        screen, line = self.screen, self.query_one("#findings", Static)
        is_tiny = screen.has_class("-tiny") or screen.has_class("-flat")
        words = self.findings.lines(screen.has_class("-high"), not screen.has_class("-wide"), is_tiny)
        rows = len(words.wrap(max(line.size.width, 1)))
        is_fixed = screen.has_class("-high")
        line.display = bool(words.plain) or is_fixed
        line.update(words, layout=rows != self._rows and not is_fixed)
        self._rows = rows
