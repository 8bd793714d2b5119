"""How one configuration field is declared: once, with its help, unit and bounds.

The same declaration makes the command-line flag, the form in the terminal UI, the check of `config.json`
and the line in `--help`.
"""

import dataclasses
import math
import reprlib
import typing
from collections.abc import Iterable, Mapping, Set
from typing import Any, Self

from tinygpt_keras.errors import InputError


def option(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    unit: str = "",
    when_missing: Any = dataclasses.MISSING,
) -> Any:
    """Declare a configuration field.

    Args:
        default: Its value unless a preset or a flag says otherwise.
        help: One line that says what it does.
        minimum: The smallest value that works, inclusive.
        maximum: The largest value that works, inclusive.
        choices: The values that work, for a field that names one of several.
        unit: What the number counts.
        when_missing: What a `config.json` without the field means: the value by which the versions before the field
            behaved. Without it, the default. It stays when the default changes.

    Returns:
        A dataclass field.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "minimum": minimum,
            "maximum": maximum,
            "choices": choices,
            "unit": unit,
            "when_missing": default if when_missing is dataclasses.MISSING else when_missing,
        },
    )


class Options:
    """A frozen dataclass of `option` fields that refuses values out of bounds when it is made."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(typing.cast(Any, self)):
            if "help" in field.metadata:
                check_value(field, hints[field.name], getattr(self, field.name))

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Rebuild a configuration from the JSON of any version's `dataclasses.asdict`.

        Args:
            values: An object with values by field. A missing field means the value by which the version that wrote
                the object behaved.

        Returns:
            The configuration, its values checked.

        Raises:
            InputError: When a field is unknown or out of bounds.
        """
        if not isinstance(values, Mapping):
            raise InputError(f"{cls.__name__} is not an object. Restore config.json from a copy.")
        given = {str(name): value for name, value in typing.cast(Mapping[object, Any], values).items()}
        fields = dataclasses.fields(typing.cast(Any, cls))
        check_known(cls.__name__, given, {field.name for field in fields})
        absent = {field.name: field.metadata["when_missing"] for field in fields if field.name not in given}
        return cls(**absent, **given)


def check_known(owner: str, given: Iterable[str], known: Set[str]) -> None:
    """Refuse fields that this version does not know, since it would misunderstand what they change.

    Args:
        owner: What has the fields, for the message.
        given: The fields' names.
        known: The names that this version knows.

    Raises:
        InputError: When there is another one.
    """
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"{owner} has fields that this version does not know: {', '.join(map(reprlib.repr, unknown))}. "
            "Open the run with the version of tinygpt-keras that wrote it, or upgrade."
        )


def value_type(hint: Any) -> type:
    """Give the type that a field holds when it is set: `float` for `float | None`."""
    return next(part for part in (*typing.get_args(hint), hint) if part is not type(None))


def parse_value(kind: type, text: str) -> Any:
    """Convert what was typed to a field's type.

    Args:
        kind: The type.
        text: Not empty.

    Returns:
        The value.

    Raises:
        ValueError: When it is not of this type. A number has the digits 0 to 9 and nothing between them, unlike in
            Python, which also reads those of other scripts, and underscores.
    """
    if kind in (int, float) and (not text.isascii() or "_" in text):
        raise ValueError(text)
    return kind(text)


def check_value(field: "dataclasses.Field[Any]", hint: Any, value: object) -> None:
    """Refuse a value that a field cannot hold.

    Args:
        field: The field's declaration.
        hint: Its annotation.
        value: What it is given.

    Raises:
        InputError: When the type is wrong or the value out of bounds.
    """
    flag = flag_name(field.name)
    if value is None and type(None) in typing.get_args(hint):
        return
    kind = value_type(hint)
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{flag} is {value!r}. Give it {describe(field, kind)}.")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = field.metadata["minimum"], field.metadata["maximum"]
        endless = isinstance(value, float) and not math.isfinite(value)
        if endless or (low is not None and value < low) or (high is not None and value > high):
            raise InputError(f"{flag} is {value}. Give it {describe(field, kind)}.")
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise InputError(f"{flag} is no text that UTF-8 can hold. Give it one.")
    choices = field.metadata["choices"]
    if choices and value not in choices:
        raise InputError(f"{flag} is {value!r}. Choose one of {', '.join(choices)}.")


def describe(field: "dataclasses.Field[Any]", kind: type) -> str:
    """Say in words what a field accepts, as in `a whole number of at least 1`."""
    if kind is bool:
        return "true or false"
    if kind is str:
        return "a text"
    words = "a whole number" if kind is int else "a number"
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    if low is not None and high is not None:
        return f"{words} from {low} to {high}"
    return f"{words} of at least {low}" if low is not None else words


def flag_name(name: str) -> str:
    """Give a field's command-line flag: `embed_dim` is `--embed-dim`."""
    return "--" + name.replace("_", "-")
