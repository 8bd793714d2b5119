"""Declaration of configuration fields, with their help, unit and bounds.

The command-line flag, its line in `--help`, the form in the terminal UI and the check of `config.json` all come from
this one declaration.
"""

import dataclasses
import reprlib
import sys
import typing
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, Self

from tinygpt_keras.errors import InputError

LARGEST = 10**15  # of whole numbers without a maximum of their own


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
        default: The value unless a preset or a flag overrides it.
        help: A one-line description.
        minimum: The smallest valid value, inclusive.
        maximum: The largest valid value, inclusive.
        choices: The valid values, for a field with a fixed set of them.
        unit: What the number counts.
        when_missing: The value for a `config.json` without this field, which an older version wrote: how that version
            behaved. It must not follow later changes of `default`, which is used when this is not given.

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


class FieldError(InputError):
    """An invalid value of a configuration field; each interface names the field in its own way.

    Args:
        words: Returns the message, given a function such as `flag_name` that returns a field's name as the user
            knows it.
    """

    def __init__(self, words: Callable[[Callable[..., str]], str]) -> None:
        super().__init__(words(flag_name))
        self.named = words


class Options:
    """Base of frozen dataclasses of `option` fields; construction rejects invalid values."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(typing.cast(Any, self)):
            if "help" in field.metadata:
                check_value(field, hints[field.name], getattr(self, field.name))

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Rebuild a configuration from the parsed JSON of its `dataclasses.asdict`, by this or an older version.

        Args:
            values: An object of values by field name. A missing field takes its `when_missing` value.

        Returns:
            The validated configuration.

        Raises:
            InputError: When `values` is not an object, or a field is unknown or invalid.
        """
        if not isinstance(values, Mapping):
            raise InputError(f"{cls.__name__} is not an object. Restore config.json from a copy.")
        given = {str(name): value for name, value in typing.cast(Mapping[object, Any], values).items()}
        fields = dataclasses.fields(typing.cast(Any, cls))
        check_known(cls.__name__, given, {field.name for field in fields})
        absent = {field.name: field.metadata["when_missing"] for field in fields if field.name not in given}
        return cls(**absent, **given)


def check_known(owner: str, given: Iterable[str], known: Set[str]) -> None:
    """Reject unknown fields: ignoring one that a newer version wrote would change what the configuration means.

    Args:
        owner: What the fields belong to, for the message.
        given: The field names.
        known: The names that this version knows.

    Raises:
        InputError: When a name is unknown.
    """
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"{owner} has fields that this version does not know: {', '.join(map(reprlib.repr, unknown))}. "
            "Open the run with the version of tinygpt-keras that wrote it, or upgrade."
        )


def value_type(hint: Any) -> type:
    """Return a field's type without `None`: `float` for `float | None`."""
    return next(part for part in (*typing.get_args(hint), hint) if part is not type(None))


def parse_value(kind: type, text: str) -> Any:
    """Convert user input to a field's type.

    Args:
        kind: The type.
        text: The input, not empty.

    Returns:
        The value.

    Raises:
        ValueError: When `text` is not of this type. Unlike in Python, a number may not contain underscores or digits
            of other scripts.
    """
    if kind in (int, float) and (not text.isascii() or "_" in text):
        raise ValueError(text)
    return kind(text)


def check_value(field: "dataclasses.Field[Any]", hint: Any, value: object) -> None:
    """Reject an invalid value.

    Args:
        field: The field's declaration.
        hint: The field's type annotation.
        value: The value to check.

    Raises:
        InputError: When the value has the wrong type, is out of bounds or not finite, is not valid UTF-8, or is not
            one of the field's choices.
    """
    name = field.name
    if value is None and type(None) in typing.get_args(hint):
        return
    kind = value_type(hint)
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise FieldError(lambda named: f"{named(name)} is {reprlib.repr(value)}. Give it {describe(field, kind)}.")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = field.metadata["minimum"], field.metadata["maximum"]
        endless = not abs(value) <= (sys.float_info.max if kind is float else LARGEST)  # NaN, too
        if endless or (low is not None and value < low) or (high is not None and value > high):
            raise FieldError(lambda named: f"{named(name)} is {reprlib.repr(value)}. Give it {describe(field, kind)}.")
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise FieldError(lambda named: f"{named(name)} is not valid UTF-8. Give it a text in UTF-8.")
    choices = field.metadata["choices"]
    if choices and value not in choices:
        raise FieldError(lambda named: f"{named(name)} is {reprlib.repr(value)}. Choose one of {', '.join(choices)}.")


def describe(field: "dataclasses.Field[Any]", kind: type) -> str:
    """Describe the values that a field accepts, such as `a whole number of at least 1`."""
    if kind is bool:
        return "true or false"
    if kind is str:
        return "a text"
    words = "a whole number" if kind is int else "a number"
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    if low is not None and high is not None:
        return f"{words} from {low} to {high}"
    return f"{words} of at least {low}" if low is not None else words


def flag_name(name: str, on: bool = True) -> str:
    """Return a field's command-line flag: `--embed-dim` for `embed_dim`, `--no-bias` for a `bias` that is off."""
    return ("--" if on else "--no-") + name.replace("_", "-")
