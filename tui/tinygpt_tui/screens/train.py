"""The form that starts a run, built from the configuration's fields, and the model that it describes."""

import asyncio
import datetime
from pathlib import Path

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Button, Input, Select

from tinygpt_keras.config import RunConfig
from tinygpt_keras.errors import InputError
from tinygpt_tui.places import TRAIN
from tinygpt_tui.runs.choices import Choice, list_choices
from tinygpt_tui.runs.shelf import free_place
from tinygpt_tui.screens.page import Page
from tinygpt_tui.screens.train_keys import BINDINGS, HELP_TEXT
from tinygpt_tui.training import recipe, text_facts
from tinygpt_tui.training.faults import NAME, ORIGIN, TEXT, Fault, fault_of
from tinygpt_tui.training.findings import Findings, findings
from tinygpt_tui.training.listing import as_typed, first_folder
from tinygpt_tui.training.trainer import start_run
from tinygpt_tui.widgets.architecture_view import ArchitectureView
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.option_row import OptionRow, chosen
from tinygpt_tui.widgets.run_form import RunForm
from tinygpt_tui.widgets.verdict import Verdict

SETTLED_S = 0.3  # pause in typing before the text is read
TAKEN = 41  # rows of a screen that has none to spare for further settings
HIGH = 30  # rows of a screen on which the form is only as high as its panels
BELOW = 12  # rows of a screen that the form leaves to what stands above and below it
ONLY_WATCHES = "This session may only chat and watch. Start it without --watch-only, or --web with --allow-training."


class TrainScreen(Page):
    """A form for a new run; empty fields keep the preset's values."""

    PLACE = TRAIN
    CSS_PATH = "train.tcss"
    HELP_TEXT = HELP_TEXT
    BINDINGS = BINDINGS

    def __init__(self) -> None:
        super().__init__()
        self.facts: text_facts.TextFacts | None = None
        self.text_error = ""
        self.origin_error = ""
        self.is_reading = True
        """Whether the text named in the field has still to be read."""
        self._settling: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the headline, the form with what it amounts to, and the model beside it."""
        yield OneLine(id="headline")
        with Horizontal(id="parts"):
            with Vertical(id="left"):
                yield RunForm(self.may_browse, id="form")
                yield Verdict(id="verdict")
            yield ArchitectureView(id="drawing")

    @property
    def may_browse(self) -> bool:
        """Whether to list files: not for those who may not train, nor for a browser, which may be elsewhere."""
        return self.owner.may_change and not self.app.is_web

    @property
    def form(self) -> RunForm:
        """The fields."""
        return self.query_one(RunForm)

    @property
    def verdict(self) -> Verdict:
        """What the form amounts to."""
        return self.query_one(Verdict)

    def on_mount(self) -> None:
        """Show the default preset and read the text that ships with the package."""
        self.query_one("#task").focus()
        self.query_one("#text").disabled = not self.owner.may_change
        self.show_preset()
        self.read_text()

    def on_resize(self, event: events.Resize) -> None:
        """Open further settings where the screen is high enough, and keep Start in sight below them."""
        self.form.styles.max_height = event.size.height - BELOW if event.size.height >= HIGH else None
        self.form.fit(event.size.height - TAKEN)

    def on_screen_resume(self) -> None:
        """Update the buttons and the list of runs to begin with."""
        if self.owner.watched is not None and not self.owner.watched.path.is_dir():
            self.owner.watched = None  # renamed or deleted
        self.verdict.lead_back(self.owner.watched)
        self.refresh_bindings()
        self.query_one("#start", Button).disabled = not self.owner.may_change
        self.list_origins()

    @work(exclusive=True, group="origins", exit_on_error=False)
    async def list_origins(self) -> None:
        """List the runs to begin with; the chosen one stays chosen, even outside the runs folder."""
        select = self.query_one("#origin", Select)
        wanted = self.owner.origin or Choice(chosen(self, "#origin"))
        choices = await asyncio.to_thread(list_choices, self.owner.runs_dir, wanted if wanted.path else None)
        select.set_options([(choice.label, choice.path) for choice in choices if choice.step is None])
        if wanted.path:
            select.value = wanted.path
        self.owner.origin = None

    def on_select_changed(self, event: Select.Changed) -> None:
        """Update the proposed values for a new preset, origin or unit of length."""
        if event.select.id == "task":
            self.form.follow_task()
            self.forget_text()
            self.read_text()
        elif event.select.id == "origin":
            self.read_origin()
        self.show_preset()
        if event.select.id == "unit":
            self.form.propose_length()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check at every key, and read the text once typing has paused."""
        if event.input.id == "text":
            self.forget_text()
            self._settling = self.set_timer(SETTLED_S, self.read_text)
            self.form.task = text_facts.task_for(event.value.strip(), self.form.task)
        self.check()

    def forget_text(self) -> None:
        """Forget the facts of a text that is no longer the one to learn from."""
        if self._settling is not None:
            self._settling.stop()
        self.facts, self.text_error, self.is_reading = None, "", True

    def on_option_row_changed(self) -> None:
        """Check at every change."""
        self.check()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain the field that has the focus; its row may be too narrow for it."""
        row = next((widget for widget in event.widget.ancestors if isinstance(widget, OptionRow)), None)
        self.verdict.explain(row.about if row is not None else "")

    def show_preset(self) -> None:
        """Show the preset's values, and a name for the run."""
        self.form.propose(f"{self.form.preset}-{datetime.datetime.now():%Y%m%d-%H%M%S}")
        self.check()

    def read_origin(self) -> None:
        """Read the configuration of the run to begin with."""
        try:
            self.form.origin, self.origin_error = recipe.read_origin(chosen(self, "#origin")), ""
        except InputError as error:
            self.form.origin, self.origin_error = None, str(error)
        if (origin := self.form.origin) is not None and self.form.preset not in recipe.presets(origin.config.task):
            self.form.task = origin.config.task

    @work(exclusive=True, group="text", exit_on_error=False)
    async def read_text(self) -> None:
        """Count the text's characters; how many are distinct decides the model's size."""
        source, task, facts, wrong = self.form.source, self.form.task, None, ""
        self.is_reading = True
        self.check()
        try:
            facts = await asyncio.to_thread(text_facts.read_text_facts, source, task)
        except InputError as error:
            wrong = recipe.in_form_words(error)
        if (source, task) == (self.form.source, self.form.task):  # otherwise the new text is about to be read
            self.facts, self.text_error, self.is_reading = facts, wrong, False
            self.check()

    def check(self) -> Fault:
        """Show the model and its size, and the error at its field or the remarks.

        Returns:
            What keeps the run from starting.
        """
        form, fault = self.form, Fault()
        config, typed = None, form.typed()
        try:
            config = recipe.parse(form.preset, typed, self.facts, form.origin, form.task)
            if name := form.name_of_run:
                free_place(self.owner.runs_dir, name)
        except InputError as error:
            fault = fault_of(error, typed, [NAME] if config is not None else [])
        if self.text_error or self.origin_error:
            fault = Fault(self.text_error or self.origin_error, frozenset([TEXT if self.text_error else ORIGIN]))
        form.mark(fault.fields)
        self.describe(config, typed, fault.words)
        return fault

    def describe(self, config: RunConfig | None, typed: dict[str, str], wrong: str) -> None:
        """Show what the form describes.

        Args:
            config: The configuration; `None` if the form describes none.
            typed: The typed values.
            wrong: Why the run cannot start; empty when it can.
        """
        facts, parameters = self.facts, ""
        if config is None:
            found = Findings(wrong, size=facts.sentence if facts is not None else "")
        else:
            parameters = f"{config.model.parameters():,} parameters"
            reading = f"reading {text_facts.named_text(self.form.source, self.form.task)}…" if self.is_reading else ""
            found = findings(config, facts, self.flags(config, typed), wrong, reading)
        self.verdict.show(found)
        self.query_one(ArchitectureView).show(config.model if config else None, "" if config else wrong)
        state = "cannot start yet" if wrong else "reading its text" if self.is_reading else "ready to start"
        if not self.owner.may_change:
            state = "to look at only: this session may not train"
        words = " · ".join(filter(None, (f"A new run of {self.form.preset}", parameters, state)))
        self.query_one("#headline", OneLine).show(words)

    def flags(self, config: RunConfig, typed: dict[str, str]) -> list[str]:
        """Return the flags of `train` for what the form says."""
        form = self.form
        flags = recipe.flags(form.preset, typed, form.source, form.origin, form.task)
        if "keep_checkpoints" not in typed and recipe.all_checkpoints_fit(config):
            flags.append("--keep-checkpoints=0")
        return flags

    def action_start(self) -> None:
        """Start the run, unless the form has an error."""
        if not self.owner.may_change:
            self.say(ONLY_WATCHES, failed=True)
            return
        if (fault := self.check()).words:  # which it has shown
            self.form.lead_to(fault.fields)
            return
        form, name = self.form, self.query_one("#name", Input)
        typed = form.typed()
        flags = self.flags(recipe.parse(form.preset, typed, self.facts, form.origin, form.task), typed)
        try:
            training = start_run(self.owner.runs_dir, form.name_of_run or name.placeholder, flags, self.owner.trainer)
        except (InputError, OSError) as error:
            self.complain(error)
            return
        except ValueError:  # such as a null byte in a path that has not been read yet
            self.say("A field holds a character that no command line can carry. Remove it.", failed=True)
            return
        self.owner.started.append(training)
        name.value = ""
        self.show_preset()
        self.owner.watch_run(training.directory)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Start the run, return to the watched one, or list files."""
        if event.button.id == "start":
            self.action_start()
        elif event.button.id == "browse":
            self.action_browse()
        elif event.button.id == "watch":
            self.action_watch()

    def action_watch(self) -> None:
        """Show the run that is trained now, or that was watched last."""
        if self.owner.watched is not None:
            self.owner.watch_run(self.owner.watched)

    def action_browse(self) -> None:
        """Choose the text from a list of files."""
        from tinygpt_tui.screens.text_dialog import TextDialog

        self.app.push_screen(TextDialog(first_folder(self.form.source)), self.take_text)

    def take_text(self, path: Path | None) -> None:
        """Name the chosen text in the form."""
        if path is not None:
            field = self.query_one("#text", Input)
            field.value = as_typed(path)
            self.form.task = text_facts.task_for(field.value, self.form.task)
            field.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer files only to those who may choose a text here, and a run only if there is one."""
        del parameters
        if action == "watch":
            return self.owner.watched is not None
        return self.may_browse if action == "browse" else True

    def action_leave(self) -> None:
        """Go back to where one came from; what was typed stays."""
        self.owner.go_back()
