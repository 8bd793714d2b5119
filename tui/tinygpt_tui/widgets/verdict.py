"""What the form describes, what is wrong with it, and the button that starts it."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import title


class Verdict(Vertical):
    """The buttons, the objection or the remarks, and facts about the run and its model."""

    DEFAULT_CSS = """
    Verdict {
        height: auto;
        #buttons { height: 1; }
        #buttons Button { margin: 0 2 0 0; }
        #about { width: 1fr; color: $foreground 70%; text-overflow: ellipsis; text-wrap: nowrap; }
        #objection { display: none; color: $text-warning; }
        #objection.-wrong { color: $text-error; text-style: bold; }
        #size { color: $text-success; }
        #summary, #command { text-wrap: nowrap; text-overflow: ellipsis; height: 1; }
        #command { color: $foreground 70%; }
    }
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = title("Start", "^s")
        self._written: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Yield the buttons and the lines."""
        with Horizontal(id="buttons"):
            yield Button("Start", variant="primary", id="start", compact=True)
            yield Button("Watch the current run", id="watch", compact=True)
            yield Static(id="about")
        for line in ("objection", "size", "summary", "reads", "command"):
            yield Static(id=line)

    def write(self, line: str, words: str) -> None:
        """Change a line, unless it says so already: laying the screen out again delays the next key."""
        if self._written.get(line, "") == words:
            return
        self._written[line] = words
        self.query_one(f"#{line}", Static).update(plain(words), layout=line not in ("about", "summary", "command"))

    def judge(self, wrong: str, remarks: list[str]) -> None:
        """Show the error, or else the remarks.

        Args:
            wrong: Why the run cannot start; empty when it can.
            remarks: Warnings about what is allowed.
        """
        words = f"✗ {wrong}" if wrong else " ".join(["!", *remarks] if remarks else [])
        objection = self.query_one("#objection")
        objection.display = bool(words)
        objection.set_class(bool(wrong), "-wrong")
        self.write("objection", words)
