"""The form that starts a run, built from the configuration's fields."""

import asyncio
import datetime

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button, Collapsible, Input, Label, Select, Static

from tinygpt_keras.config import DEFAULT_PRESET, PRESETS
from tinygpt_keras.errors import InputError
from tinygpt_tui.places import TRAIN
from tinygpt_tui.runs.choices import Choice, list_choices
from tinygpt_tui.runs.shelf import free_place
from tinygpt_tui.screens.page import Page
from tinygpt_tui.text import plain
from tinygpt_tui.training import recipe
from tinygpt_tui.training.trainer import start_run
from tinygpt_tui.widgets.option_row import OptionRow, chosen
from tinygpt_tui.widgets.plain_input import PlainInput

MINUTES = "10"  # proposed where a preset has no length in minutes
SETTLED_S = 0.3  # pause in typing before the text is read


class TrainScreen(Page):
    """A form for a new run; empty fields keep the preset's values."""

    PLACE = TRAIN
    CSS_PATH = "train.tcss"
    HELP_TEXT = (
        "Choose a preset and press Start; nothing else has to be filled in. An empty field keeps the preset's own "
        "value, which it shows in grey. The line above the button says how large the model is and what does not fit "
        "together. A run can begin with the weights of another one, which is what a short text of your own needs: "
        "its model is then that run's, and its recipe the preset's, at a tenth of the learning rate. "
        "Tab moves on, Space and Enter open a list, Esc leaves a field."
    )
    BINDINGS = [
        Binding("ctrl+s", "start", "Start"),
        Binding("escape", "leave_field", "Leave the field", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.facts: recipe.TextFacts | None = None
        self.text_error = ""
        self.origin: recipe.Origin | None = None
        self.origin_error = ""
        self.is_reading = True
        """Whether the text named in the field has still to be read."""
        self._settling: Timer | None = None
        self._fields = recipe.fields()

    def body(self) -> ComposeResult:
        """Yield the form."""
        with VerticalScroll(id="form", can_focus=False):
            with Horizontal(classes="line"):
                yield Label("preset", classes="name")
                names = [(name, name) for name in PRESETS]
                yield Select(names, value=DEFAULT_PRESET, allow_blank=False, compact=True, id="preset")
                yield Static(id="preset-help")
            with Horizontal(classes="line"):
                yield Label("text", classes="name")
                yield PlainInput(placeholder="tiny Shakespeare, or the path of your own", compact=True, id="text")
            with Horizontal(classes="line"):
                yield Label("length", classes="name")
                yield PlainInput(compact=True, id="length")
                units = [(unit, unit) for unit in recipe.LENGTH]
                yield Select(units, value="steps", allow_blank=False, compact=True, id="unit")
            with Horizontal(classes="line"):
                yield Label("name of the run", classes="name")
                yield PlainInput(compact=True, id="name")
            with Horizontal(classes="line"):
                yield Label("begin with", classes="name")
                yield Select[str]([], prompt="fresh weights", compact=True, id="origin")
                yield Static(plain("or the weights of a run, and so its model"), id="origin-help")
            for name in recipe.MAIN:
                yield OptionRow(self._fields[name], recipe.preset_value(DEFAULT_PRESET, name))
            yield Collapsible(Vertical(id="further"), title="advanced", id="advanced")
        with Vertical(id="verdict"):
            yield Static(id="size")
            yield Static(id="objection")
            with Horizontal(id="buttons"):
                yield Button("Start", variant="primary", id="start", compact=True)
                yield Button("Watch the current run", id="watch", compact=True)

    async def on_collapsible_expanded(self) -> None:
        """Mount the advanced rows on first use: there are many, and most people never open them."""
        further = self.query_one("#further")
        if not further.children:
            names = [name for name in self._fields if name not in recipe.MAIN + recipe.LENGTH]
            await further.mount_all(self.row(name) for name in names)

    def row(self, name: str) -> OptionRow:
        """Return the row of one field."""
        return OptionRow(self._fields[name], recipe.preset_value(self.preset, name, self.origin))

    def on_mount(self) -> None:
        """Show the default preset and read the text that ships with the package."""
        self.query_one("#preset").focus()
        self.show_preset()
        self.read_text()

    def on_screen_resume(self) -> None:
        """Update the buttons and the list of runs to begin with."""
        if self.owner.watched is not None and not self.owner.watched.path.is_dir():
            self.owner.watched = None  # renamed or deleted
        self.query_one("#watch").display = self.owner.watched is not None
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

    @property
    def preset(self) -> str:
        """The chosen preset."""
        return chosen(self, "#preset")

    def typed(self) -> dict[str, str]:
        """Return the values that were typed or chosen, by field."""
        values = {row.field.name: row.typed for row in self.query(OptionRow)}
        values[chosen(self, "#unit")] = self.query_one("#length", Input).value
        return {name: value for name, value in values.items() if value.strip()}

    def on_select_changed(self, event: Select.Changed) -> None:
        """Update the proposed values for a new preset, origin or unit of length."""
        if event.select.id == "origin":
            self.read_origin()
        if event.select.id in ("preset", "origin"):
            for row in self.query(OptionRow):
                row.propose(recipe.preset_value(self.preset, row.field.name, self.origin))
        self.show_preset()
        if event.select.id == "unit":
            self.propose_length()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check at every key, and read the text once typing has paused."""
        if event.input.id == "text":
            if self._settling is not None:
                self._settling.stop()
            self._settling = self.set_timer(SETTLED_S, self.read_text)
            self.facts, self.text_error, self.is_reading = None, "", True  # the facts were those of the previous text
        self.check()

    def on_option_row_changed(self) -> None:
        """Check at every change."""
        self.check()

    def show_preset(self) -> None:
        """Show the preset's description and length, and a name for the run."""
        unit = chosen(self, "#unit")
        self.query_one("#preset-help", Static).update(plain(PRESETS[self.preset].description))
        self.query_one("#length", Input).placeholder = recipe.preset_value(self.preset, unit)
        stem = f"{self.preset}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
        self.query_one("#name", Input).placeholder = stem
        self.check()

    def read_origin(self) -> None:
        """Read the configuration of the run to begin with."""
        try:
            self.origin, self.origin_error = recipe.read_origin(chosen(self, "#origin")), ""
        except InputError as error:
            self.origin, self.origin_error = None, str(error)

    def propose_length(self) -> None:
        """Propose a length if the preset has none in the chosen unit; withdraw it in the other unit."""
        length = self.query_one("#length", Input)
        if not length.placeholder and not length.value:
            length.value = MINUTES
        elif length.placeholder and length.value == MINUTES:
            length.value = ""

    @property
    def source(self) -> str:
        """The text's path; empty for tiny Shakespeare."""
        return self.query_one("#text", Input).value.strip()

    @work(exclusive=True, group="text", exit_on_error=False)
    async def read_text(self) -> None:
        """Count the text's characters; how many are distinct decides the model's size."""
        source, facts, wrong = self.source, None, ""
        self.is_reading = True
        self.check()
        try:
            facts = await asyncio.to_thread(recipe.read_text_facts, source)
        except InputError as error:
            wrong = str(error)
        except MemoryError:
            wrong = "This text does not fit into memory. Give a shorter one."
        if source == self.source:  # otherwise the new text is about to be read
            self.facts, self.text_error, self.is_reading = facts, wrong, False
            self.check()

    def check(self) -> str:
        """Show the model's size, and the error or the remarks.

        Returns:
            The error; empty when the run can start.
        """
        wrong, size, remarks = self.text_error or self.origin_error, "", []
        try:
            config = recipe.parse(self.preset, self.typed(), self.facts, self.origin)
            facts = self.facts
            if facts is not None:
                size = f"{config.model.parameters():,} parameters; {facts.sentence}"
            elif self.is_reading:
                size = f"reading {self.source or 'tiny Shakespeare'}…"
            remarks = recipe.remarks(config, facts)
            if name := self.query_one("#name", Input).value.strip():
                free_place(self.owner.runs_dir, name)
        except InputError as error:
            wrong = wrong or recipe.in_form_words(error)
        self.query_one("#size", Static).update(plain(size))
        objection = self.query_one("#objection", Static)
        words = f"✗ {wrong}" if wrong else " ".join(["!", *remarks] if remarks else [])
        objection.update(plain(words))
        objection.display = bool(words)
        objection.set_class(bool(wrong), "-wrong")
        return wrong

    def action_start(self) -> None:
        """Start the run, unless the form has an error."""
        if not self.owner.may_change:
            self.say(
                "This session may only chat and watch. Start it without --watch-only, or --web with --allow-training.",
                failed=True,
            )
            return
        if self.check():  # it has shown the error
            return
        name = self.query_one("#name", Input)
        typed = self.typed()
        flags = recipe.flags(self.preset, typed, self.source, self.origin)
        config = recipe.parse(self.preset, typed, self.facts, self.origin)
        if "keep_checkpoints" not in typed and recipe.all_checkpoints_fit(config):
            flags.append("--keep-checkpoints=0")
        try:
            training = start_run(self.owner.runs_dir, name.value.strip() or name.placeholder, flags, self.owner.trainer)
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
        """Start the run, or return to the watched one."""
        if event.button.id == "start":
            self.action_start()
        elif event.button.id == "watch" and self.owner.watched is not None:
            self.owner.watch_run(self.owner.watched)

    def action_leave_field(self) -> None:
        """Leave the field, so that letters act as keys again."""
        self.set_focus(None)
