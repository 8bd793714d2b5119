"""One field of the configuration as a row of a form."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select

from tinygpt_tui.training.recipe import Field
from tinygpt_tui.widgets.field_name import FieldName
from tinygpt_tui.widgets.one_line import OneLine
from tinygpt_tui.widgets.plain_input import PlainInput


class OptionRow(Horizontal):
    """A label, an input or a list, and a help text; an empty field means the preset's value.

    Args:
        field: The field of the configuration.
        value: The preset's value, shown as the placeholder.
        word: A newcomer's word for it.
    """

    class Changed(Message):
        """The value has changed."""

    DEFAULT_CSS = """
    OptionRow {
        height: 1;
        .name { width: 22; padding: 0 1 0 0; text-overflow: ellipsis; text-wrap: nowrap; }
        Input, Select { width: 12; }
        .help { padding: 0 0 0 1; color: $foreground 70%; }
    }
    """

    def __init__(self, field: Field, value: str, word: str = "") -> None:
        super().__init__(id=f"row-{field.name}")
        self.field = field
        self.word = word
        self.control: Input | Select[str] = self.make_control(value)
        """What the value is typed into or chosen from."""

    def make_control(self, value: str) -> "Input | Select[str]":
        """Make the input or the list, which shows a value until one is typed or chosen."""
        field = self.field
        if field.choices:
            choices = [(choice, choice) for choice in field.choices]
            return Select(choices, prompt=value, compact=True, id=f"field-{field.name}", tooltip=field.help)
        return PlainInput(placeholder=value, compact=True, id=f"field-{field.name}", tooltip=field.help)

    def compose(self) -> ComposeResult:
        """Yield the label, the field and the help text."""
        yield FieldName(self.word, self.field.label, self.field.name)
        yield self.control
        yield OneLine(self.about, classes="help")

    @property
    def about(self) -> str:
        """The help text with the unit."""
        return self.field.help + (f", in {self.field.unit}" if self.field.unit else "")

    @property
    def typed(self) -> str:
        """The typed or chosen value; empty when there is none."""
        if isinstance(self.control, Input):
            return self.control.value
        return "" if self.control.is_blank() else str(self.control.value)

    def propose(self, value: str) -> None:
        """Show another preset's value as the placeholder."""
        if isinstance(self.control, Input):
            self.control.placeholder = value
        else:
            self.control.prompt = value

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post `Changed`."""
        event.stop()
        self.post_message(self.Changed())

    def on_select_changed(self, event: Select.Changed) -> None:
        """Post `Changed`."""
        event.stop()
        self.post_message(self.Changed())


def chosen(parent: Widget, selector: str) -> str:
    """Return the chosen value of a `Select`; empty when there is none."""
    select: Any = parent.query_one(selector, Select)
    return "" if select.is_blank() else str(select.value)
