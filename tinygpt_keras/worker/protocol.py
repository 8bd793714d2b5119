"""What the worker process can be asked: requests from lines of JSON, every field checked."""

import json
import reprlib
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError

Values = dict[str, Any]
KINDS = {str: "a text", int: "a whole number", list: "a list of texts", dict: "an object"}


@dataclass(frozen=True)
class Open:
    """Open a run and make it ready to write."""

    id: int
    run: str
    step: int | None


@dataclass(frozen=True)
class Write:
    """Continue a prompt."""

    id: int
    run: str
    step: int | None
    prompt: str
    options: SamplingOptions
    stops: list[str]


@dataclass(frozen=True)
class Inspect:
    """Say what a model makes of a place in a text."""

    id: int
    run: str
    step: int | None
    prompt: str
    written: str


@dataclass(frozen=True)
class Export:
    """Export a run for serving."""

    id: int
    run: str
    out: Path


@dataclass(frozen=True)
class Cancel:
    """End another request early."""

    id: int
    request: int


Request = Open | Write | Inspect | Export | Cancel


class RequestError(InputError):
    """A line is no request.

    Args:
        message: What is wrong with it.
        number: The request's id, where it has one.
    """

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.number = number


def parse_request(line: bytes) -> Request:
    """Read a line.

    Args:
        line: A JSON object.

    Returns:
        The request that it is.

    Raises:
        RequestError: When it is none.
    """
    try:
        values: object = json.loads(line)
    except (ValueError, RecursionError):
        raise RequestError(f"the request {reprlib.repr(line)} is not JSON. Send an object a line.") from None
    if not isinstance(values, dict):
        raise RequestError(f"the request {reprlib.repr(line)} is no object. Send an object a line.")
    fields = typing.cast(Values, values)
    number: int | None = None
    try:
        number = int(take(fields, "id", int))
        return make_request(number, fields)
    except InputError as error:
        raise RequestError(str(error), number) from None


def make_request(number: int, values: Values) -> Request:
    """Make the request that an object describes, or raise an `InputError`."""
    verb = values.get("do")
    if verb == "cancel":
        return Cancel(number, take(values, "request", int))
    if verb == "export":
        return Export(number, take(values, "run", str), Path(take(values, "out", str)))
    if verb not in ("open", "write", "inspect"):
        raise InputError(f"do is {reprlib.repr(verb)}. Give it open, write, inspect, export or cancel.")
    run = take(values, "run", str)
    step = None if values.get("step") is None else take(values, "step", int)
    if verb == "open":
        return Open(number, run, step)
    prompt = take(values, "prompt", str, "")
    if verb == "inspect":
        return Inspect(number, run, step, prompt, take(values, "written", str, ""))
    options = make_options(take(values, "options", dict, {}))
    stops = take(values, "stops", list, [])
    if not all(isinstance(stop, str) for stop in stops):
        raise InputError(f"stops is {reprlib.repr(stops)}. Give it {KINDS[list]}.")
    return Write(number, run, step, prompt, options, stops)


def make_options(values: Values) -> SamplingOptions:
    """Make the sampling options that an object describes, the rest at their defaults."""
    unknown = sorted(values.keys() - SamplingOptions.__dataclass_fields__.keys())
    if unknown:
        raise InputError(f"there are no options {reprlib.repr(unknown)}. Leave them out.")
    return SamplingOptions(**values)


def take(values: Values, name: str, kind: type, *default: Any) -> Any:
    """Take a field of a request.

    Args:
        values: The request.
        name: The field.
        kind: The type that it must have.
        *default: What stands for it when it is missing; without this it may not be.

    Returns:
        Its value.

    Raises:
        InputError: When it is missing or of another type.
    """
    if default and name not in values:
        return default[0]
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"{name} is {reprlib.repr(value)}. Give it {KINDS[kind]}.")
    return value
