"""The fields of a new run, in groups."""

from collections.abc import Collection

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from tinygpt_keras.config import DEFAULT_PRESET, tasks
from tinygpt_keras.config.presets import PRESETS, default_preset
from tinygpt_tui.text import plain
from tinygpt_tui.training import groups, recipe
from tinygpt_tui.training.faults import NAME, ORIGIN, TASK, TEXT
from tinygpt_tui.widgets.field_name import FieldName
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.option_group import OptionGroup
from tinygpt_tui.widgets.option_row import OptionRow, chosen
from tinygpt_tui.widgets.panel import hints, title
from tinygpt_tui.widgets.plain_input import PlainInput

UNITS = {"steps": "batches to train for", "minutes": "by the clock"}  # the fields' own help has no room
OWN_TEXT, OWN_PAIRS = "tiny Shakespeare, or your own", "your .tsv file"
MINUTES = "10"  # proposed where a preset has no length in minutes


class Panel(Vertical):
    """A group of rows in a border.

    Args:
        words: Its title.
        id: Its identifier.
    """

    DEFAULT_CSS = "Panel { height: auto; }"

    def __init__(self, words: str, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = title(words)


class RunForm(VerticalScroll, can_focus=False):
    """The fields of a new run; empty ones keep the preset's values.

    Args:
        browsable: Whether to offer a list of files for the text.
    """

    DEFAULT_CSS = """
    RunForm {
        scrollbar-size-vertical: 1;
        .line { height: 1; }
        .line .name { width: 22; }
        .line #preset { width: 14; }
        .line #task, .line #text, .line #name, .line #origin { width: 1fr; }
        #browse { width: 9; min-width: 9; margin-left: 1; }
        .line #length { width: 12; }
        .line #unit { width: 12; margin-left: 1; }
        .preset-help, #unit-help { width: 1fr; padding: 0 0 0 1; color: $foreground 70%; }
    }
    """

    def __init__(self, browsable: bool, id: str) -> None:
        super().__init__(id=id)
        self.browsable = browsable
        self.origin: recipe.Origin | None = None
        """The run whose weights the new one starts from."""
        self.rows: list[OptionRow] = []
        """The rows made so far: those of the further settings come when they are first opened."""
        self._fields = recipe.fields()

    def compose(self) -> ComposeResult:
        """Yield the panels."""
        with Panel("the run", "run-panel") as panel:
            if self.browsable:
                panel.border_subtitle = hints(("^o", "choose a text"))
            yield from self.compose_run()
        with Panel("the model", "model-panel"):
            yield from map(self.row, groups.MODEL)
        with Panel("the training", "training-panel"):
            with Horizontal(classes="line"):
                yield FieldName("length", "steps", "steps", id="length-name")
                yield PlainInput(compact=True, id="length")
                units = [(unit, unit) for unit in recipe.LENGTH]
                yield Select(units, value="steps", allow_blank=False, compact=True, id="unit")
                yield OneLine(id="unit-help")
            yield from map(self.row, groups.TRAINING)
        with Panel("more settings", "more-panel"):
            for group in groups.further_groups(self._fields):
                yield OptionGroup(group, self.row)

    def compose_run(self) -> ComposeResult:
        """Yield the rows about the run as a whole."""
        with Horizontal(classes="line"):
            yield FieldName("learns to", "task", TASK)
            learned = [(f"{name}: {task.description}", name) for name, task in tasks.TASKS.items()]
            yield Select(learned, value=tasks.TEXT, allow_blank=False, compact=True, id="task")
        with Horizontal(classes="line"):
            yield FieldName("recipe", "preset", "preset")
            names = options(recipe.presets(tasks.TEXT))
            yield Select(names, value=DEFAULT_PRESET, allow_blank=False, compact=True, id="preset")
            yield OneLine(classes="preset-help beside")
        yield Static(classes="preset-help below")
        with Horizontal(classes="line", id="text-line"):
            yield FieldName("text", "data", TEXT)
            yield PlainInput(placeholder=OWN_TEXT, compact=True, id="text")
            if self.browsable:
                yield Button("Choose…", compact=True, id="browse")
        with Horizontal(classes="line"):
            yield FieldName("begin with", "from", ORIGIN)
            yield Select[str]([], prompt="fresh weights, not those of a run", compact=True, id="origin")
        with Horizontal(classes="line"):
            yield FieldName("name", "run dir", NAME)
            yield PlainInput(compact=True, id="name")

    def row(self, name: str) -> OptionRow:
        """Return the row of one field."""
        value = recipe.preset_value(self.preset, name, self.origin, self.task) if self.is_mounted else ""
        row = OptionRow(self._fields[name], value, groups.WORDS.get(name, ""))
        self.rows.append(row)
        return row

    @property
    def task(self) -> str:
        """What the model learns."""
        return chosen(self, "#task")

    @task.setter
    def task(self, name: str) -> None:
        self.query_one("#task", Select).value = name
        self.follow_task()

    @property
    def preset(self) -> str:
        """The chosen preset."""
        return chosen(self, "#preset")

    @property
    def unit(self) -> str:
        """The unit of the length: `steps` or `minutes`."""
        return chosen(self, "#unit")

    @property
    def source(self) -> str:
        """The text's path; empty for tiny Shakespeare, and for a task that makes its own pairs."""
        return "" if tasks.TASKS[self.task].is_made else self.query_one("#text", Input).value.strip()

    @property
    def name_of_run(self) -> str:
        """The typed name of the run; empty when there is none."""
        return self.query_one("#name", Input).value.strip()

    def typed(self) -> dict[str, str]:
        """Return the values that were typed or chosen, by field."""
        values = {row.field.name: row.typed for row in self.rows}
        values[self.unit] = self.query_one("#length", Input).value
        return {name: value for name, value in values.items() if value.strip()}

    def follow_task(self) -> None:
        """Offer the presets that learn the task, and a text where it takes one."""
        select, names = self.query_one("#preset", Select), recipe.presets(self.task)
        if self.preset not in names:
            select.set_options(options(names))
            select.value = default_preset(self.task)
        self.query_one("#text-line").display = not tasks.TASKS[self.task].is_made
        self.query_one("#text", Input).placeholder = OWN_PAIRS if self.task == tasks.PAIRS else OWN_TEXT

    def propose(self, stem: str) -> None:
        """Show the values of the preset, or of the origin, and a name for the run."""
        for row in self.rows:
            row.propose(recipe.preset_value(self.preset, row.field.name, self.origin, self.task))
        description = PRESETS[self.preset].description
        self.query_one(".preset-help.beside", OneLine).show(description)
        self.query_one(".preset-help.below", Static).update(plain(description), layout=False)
        unit = self._fields[self.unit]
        self.query_one("#unit-help", OneLine).show(UNITS[self.unit])
        self.query_one("#length-name", FieldName).rename(unit.name, unit.name)
        self.query_one("#length", Input).placeholder = recipe.preset_value(self.preset, self.unit, task=self.task)
        self.query_one("#name", Input).placeholder = stem

    def propose_length(self) -> None:
        """Propose a length if the preset has none in the chosen unit; withdraw it in the other unit."""
        length = self.query_one("#length", Input)
        if not length.placeholder and not length.value:
            length.value = MINUTES
        elif length.placeholder and length.value == MINUTES:
            length.value = ""

    def mark(self, fields: Collection[str]) -> None:
        """Put a sign before the fields at fault, and take it from the others."""
        for name in self.query(FieldName):
            name.mark(name.field in fields)

    def lead_to(self, fields: Collection[str]) -> None:
        """Focus the first field at fault, in sight and in an open group."""
        for name in self.query(FieldName):
            if name.field in fields and isinstance(row := name.parent, Widget):
                for group in self.query(OptionGroup):
                    if group in row.ancestors:
                        group.by_hand, group.collapsed = True, False
                row.query("Input, Select").first().focus()
                return

    def fit(self, free: int) -> None:
        """Open the further settings that a high screen has room for."""
        for group in self.query(OptionGroup):
            free = group.fit(free)


def options(names: Collection[str]) -> list[tuple[str, str]]:
    """Return the options of a list whose words are its values."""
    return [(name, name) for name in names]
