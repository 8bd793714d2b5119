"""Panels on one run: its loss, what it wrote last, what it learned from and keeps, and its recipe."""

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Sparkline, Static

from tinygpt_tui.runs.summary import Summary
from tinygpt_tui.text import plain, shortened
from tinygpt_tui.training.command import NO_COMMAND
from tinygpt_tui.training.details import Details, kept_in_words, losses_in_words, task_in_words, text_in_words
from tinygpt_tui.widgets.panel import hints, title

LOSS = "its loss"
NO_SAMPLE = "It has written nothing yet: the first sample comes with the first evaluation."
LONGEST_PASSAGE = 600  # characters of a name or a command that are laid out


class RunDetails(Container):
    """Shows what a closer look at a run found, beside what it contains: the list of runs."""

    DEFAULT_CSS = """
    RunDetails {
        .panel Static { width: 1fr; height: auto; }
        &.-empty #known, &.-empty #sample, .-void { display: none; }
        #facts, #loss, #recipe { height: auto; }
        #spark { height: 3; margin: 0 0 1 0; }
        #spark > .sparkline--min-color { color: $primary 60%; }
        #spark > .sparkline--max-color { color: $primary; }
        #sample { height: 1fr; min-height: 5; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the panels."""
        with Vertical(id="known"):
            with Vertical(id="loss", classes="panel"):
                yield Sparkline(id="spark")
                yield Static(id="losses")
                yield Static(id="standing")
            with Vertical(id="facts", classes="panel"):
                yield Static(id="about")
            with Vertical(id="recipe", classes="panel"):
                yield Static(id="command")
        with VerticalScroll(id="sample", classes="panel", can_focus=False):
            yield Static(id="written")

    def on_mount(self) -> None:
        """Label the panels."""
        for panel, words, key, action in (
            ("#loss", LOSS, "⏎", "curves"),
            ("#facts", "it learned from", "f", "train from it"),
            ("#recipe", "its recipe", "y", "copy"),
            ("#sample", "what it writes", "c", "chat"),
        ):
            self.query_one(panel).border_title = title(words)
            self.query_one(panel).border_subtitle = hints((key, action))
        self._shown: dict[str, Content] = {}

    def show(self, run: Summary | None, details: Details | None) -> None:
        """Show a run, or nothing.

        Args:
            run: The run in the table.
            details: What a closer look found; `None` before the first one.
        """
        self.set_class(run is None, "-empty")
        if run is None or details is None:
            return
        sample = details.sample
        self.query_one("#sample").border_title = title(
            f"what it wrote at step {sample.step:,}" if sample else "what it writes"
        )
        has_curves = (
            bool(details.validation.steps) and self.screen.has_class("-broad") and self.screen.has_class("-high")
        )
        spark = self.query_one(Sparkline)
        spark.display = len(details.losses) > 1 and not has_curves
        if spark.data != details.losses:
            spark.data = details.losses
        self.draw_curves(details, has_curves)
        self.write("#losses", plain(losses_in_words(details)))
        self.write("#standing", plain(details.standing))
        self.write("#about", facts(run, details))
        self.write("#command", plain(shortened_to(details.command or details.problem or NO_COMMAND)))
        text = sample.told if sample else ""
        self.write("#written", plain(shortened(text)) if text else plain(NO_SAMPLE).stylize("dim"))

    def draw_curves(self, details: Details, has_curves: bool) -> None:
        """Draw the loss as curves, made when first wanted: importing their library takes a fifth of a second."""
        for plot in self.query("#curves"):
            plot.display = has_curves
        panel = self.query_one("#loss")
        if not has_curves:
            panel.border_title = title(LOSS)
            return
        from tinygpt_tui.widgets.loss_plot import LEGEND
        from tinygpt_tui.widgets.run_curves import RunCurves

        if not self.query(RunCurves):
            panel.mount(RunCurves(id="curves"), before=0)
        panel.border_title = LEGEND
        self.query_one(RunCurves).show(details.train, details.validation, details.rungs)

    def write(self, selector: str, content: Content) -> None:
        """Update a text if it has changed: keys wait for a layout."""
        if self._shown.get(selector) == content:
            return
        before, self._shown[selector] = self._shown.get(selector), content
        widget = self.query_one(selector, Static)
        width = max(widget.size.width, 1)
        # One line that stays one line needs no layout.
        fits = before is not None and all(
            "\n" not in each.plain and 0 < len(each.plain) < width for each in (before, content)
        )
        widget.update(content, layout=not fits)
        widget.set_class(not content.plain, "-void")


def facts(run: Summary, details: Details) -> Content:
    """Return a run's text, model and files, each on a line after its name."""
    if details.config is None:
        return plain(details.problem)
    model = details.config.model
    size = f"{run.parameters:,} parameters · " if run.parameters is not None else ""
    reads = f"reads {model.block_size:,} characters back"
    if model.replies:
        reads = f"sources up to {model.block_size - 1:,} characters"
    lines = {
        "task": task_in_words(details.config),
        "text": shortened_to(text_in_words(details.config)),
        "model": f"{size}{reads}",
        "from": shortened_to(details.config.start_from),
        "kept": kept_in_words(details),
    }
    shown = {name: words for name, words in lines.items() if words}
    return Content("\n").join(plain(f"{name:<6}").stylize("dim") + plain(words) for name, words in shown.items())


def shortened_to(words: str) -> str:
    """Cut words that no person wrote: they would push everything else off the screen."""
    return words if len(words) <= LONGEST_PASSAGE else f"{words[:LONGEST_PASSAGE]}…"
