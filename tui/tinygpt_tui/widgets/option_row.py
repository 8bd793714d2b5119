"""One field of the configuration as a row of a form."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select

from tinygpt_tui.text import plain
from tinygpt_tui.training.recipe import Field
from tinygpt_tui.widgets.plain_input import PlainInput

WORD_WIDTH = 11  # of the newcomer's word before a field's own name


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
        .help { width: 1fr; padding: 0 0 0 1; color: $foreground 70%; text-overflow: ellipsis; text-wrap: nowrap; }
    }
    """

    def __init__(self, field: Field, value: str, word: str = "") -> None:
        super().__init__(id=f"row-{field.name}")
        self.field = field
        self.value = value
        self.word = word

    def compose(self) -> ComposeResult:
        """Yield the label, the field and the help text."""
        field = self.field
        yield Label(labelled(self.word, field.label), classes="name")
        if field.choices:
            choices = [(choice, choice) for choice in field.choices]
            yield Select(choices, prompt=self.value, compact=True, id=f"field-{field.name}", tooltip=field.help)
        else:
            yield PlainInput(placeholder=self.value, compact=True, id=f"field-{field.name}", tooltip=field.help)
        yield Label(self.about, classes="help", markup=False)

    @property
    def about(self) -> str:
        """The help text with the unit."""
        return self.field.help + (f", in {self.field.unit}" if self.field.unit else "")

    @property
    def typed(self) -> str:
        """The typed or chosen value; empty when there is none."""
        selector = f"#field-{self.field.name}"
        return chosen(self, selector) if self.field.choices else self.query_one(selector, Input).value

    def propose(self, value: str) -> None:
        """Show another preset's value as the placeholder."""
        self.value = value
        selector = f"#field-{self.field.name}"
        if self.field.choices:
            self.query_one(selector, Select).prompt = value
        else:
            self.query_one(selector, Input).placeholder = value

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post `Changed`."""
        event.stop()
        self.post_message(self.Changed())

    def on_select_changed(self, event: Select.Changed) -> None:
        """Post `Changed`."""
        event.stop()
        self.post_message(self.Changed())


def labelled(word: str, name: str) -> Content:
    """Return a row's label: a newcomer's word, and the field's own name beside it."""
    return plain(word.ljust(WORD_WIDTH)) + plain(name).stylize("$foreground 60%") if word else plain(name)


def chosen(parent: Widget, selector: str) -> str:
    """Return the chosen value of a `Select`; empty when there is none."""
    select: Any = parent.query_one(selector, Select)
    return "" if select.is_blank() else str(select.value)
