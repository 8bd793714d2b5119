"""The sampling options, always in sight."""

import typing
from dataclasses import Field, fields
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.config.fields import FieldError, describe, parse_value, value_type
from tinygpt_keras.errors import InputError
from tinygpt_tui.widgets.plain_input import PlainInput

SHOWN = {field.name: field.name.replace("_", "-") for field in fields(SamplingOptions)} | {"max_new": "length"}
DEFAULTS = {"max_new": 300}  # about a page of a play; the command's default is longer
DIGITS, NUMBER = r"-?[0-9]*", r"-?[0-9]*\.?[0-9]*(e-?[0-9]*)?"  # what can be typed; a letter would only make it wrong


class Knob(Horizontal):
    """A label and an input for one sampling option."""

    DEFAULT_CSS = """
    Knob {
        height: 1; width: auto;
        Label { width: auto; padding: 0 1 0 0; }
        Input { width: 8; }
        .help { display: none; color: $foreground 70%; }
    }
    """


class Controls(Horizontal):
    """A knob for each shown sampling option."""

    DEFAULT_CSS = """
    Controls { height: auto; width: 1fr; Knob { padding: 0 1 0 0; } Input.-wrong { text-style: bold reverse; } }
    """

    _proposed = str(SamplingOptions().temperature)

    def propose(self, certain: bool) -> None:
        """Propose a temperature, unless a person has set one: 0 where one reply is right, as training samples it."""
        knob = self.query_one("#knob-temperature", Input)
        if knob.value == self._proposed:
            knob.value = self._proposed = str(0.0 if certain else SamplingOptions().temperature)

    def compose(self) -> ComposeResult:
        """Yield the knobs."""
        hints = typing.get_type_hints(SamplingOptions)
        for field in fields(SamplingOptions):
            kind, default = value_type(hints[field.name]), DEFAULTS.get(field.name, field.default)
            unit = field.metadata.get("unit")
            about = field.metadata["help"] + (f", in {unit}" if unit else "")
            with Knob():
                yield Label(SHOWN[field.name], markup=False)
                yield PlainInput(
                    "" if default is None else str(default),
                    placeholder="any",
                    compact=True,
                    restrict=DIGITS if kind is int else NUMBER,
                    id=f"knob-{field.name}",
                    tooltip=about,
                )
                yield Label(about, classes="help", markup=False)

    def options(self) -> SamplingOptions:
        """Read the knobs.

        Returns:
            The sampling options; an empty knob stands for its default.

        Raises:
            InputError: When a value is invalid.
        """
        values: dict[str, Any] = {}
        for field in fields(SamplingOptions):
            values |= self.value(field)
        return SamplingOptions(**{**DEFAULTS, **values})

    def value(self, field: "Field[Any]") -> dict[str, Any]:
        """Read one knob.

        Args:
            field: The sampling option that it sets.

        Returns:
            The value by the option's name; empty when the knob is empty.

        Raises:
            InputError: When the value is invalid.
        """
        text = self.query_one(f"#knob-{field.name}", Input).value.strip()
        kind = value_type(typing.get_type_hints(SamplingOptions)[field.name])
        if not text:
            return {}
        try:
            value = {field.name: parse_value(kind, text)}
        except ValueError:
            raise InputError(f"{SHOWN[field.name]} is {text!r}. Give it {describe(field, kind)}.") from None
        try:
            SamplingOptions(**value)
        except FieldError as error:
            raise InputError(error.named(SHOWN.__getitem__)) from None
        return value

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark a knob with an invalid value."""
        name = (event.input.id or "").removeprefix("knob-")
        try:
            self.value(next(field for field in fields(SamplingOptions) if field.name == name))
            event.input.remove_class("-wrong")
        except InputError:
            event.input.add_class("-wrong")
