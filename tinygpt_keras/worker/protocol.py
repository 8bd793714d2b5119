"""The messages between the terminal UI and its worker: a JSON object a line, typed on both sides."""

import json
import reprlib
import typing

import msgspec

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.findings import AnyFinding
from tinygpt_keras.tour.station import Station

LONGEST_REASON = 200  # characters
LONGEST_ANSWER = 2**24  # bytes; a client reads no longer line


class Request(msgspec.Struct, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """A request to the worker."""

    id: int = 0
    """Its number, repeated in its answers; the client sets it."""


class Open(Request, tag="open"):
    """Open a run, so that its first text comes at once."""

    run: str
    step: int | None = None
    """The checkpoint; the best weights when `None`."""


class Write(Request, tag="write"):
    """Continue a prompt, or reply to it."""

    run: str
    step: int | None = None
    prompt: str = ""
    written: str = ""
    """How the continuation or the reply begins; the model writes on from there."""
    options: SamplingOptions = msgspec.field(default_factory=SamplingOptions)
    stops: list[str] = []


class Inspect(Request, tag="inspect"):
    """Explain the character that a model chose after `prompt + written`, or after `written` in a reply to `prompt`."""

    run: str
    step: int | None = None
    prompt: str = ""
    written: str = ""


class Look(Request, tag="look"):
    """Look inside a model while it reads a text."""

    run: str
    step: int | None = None
    text: str = ""
    source: str | None = None
    """What a model that replies replies to; the text is the reply."""
    view: str = "next"
    """A name of `inspection.views.VIEWS`."""
    place: int | None = None
    """The place in the text that the model read, to look from; its last character when `None`."""
    without: list[str] = []
    """The parts of the model that are off."""
    part: str | None = None
    """The head or hidden unit that the view is about."""
    options: SamplingOptions = msgspec.field(default_factory=SamplingOptions)


class Tour(Request, tag="tour"):
    """Compute every step of the tour of attention on a sentence."""

    sentence: str


class Export(Request, tag="export"):
    """Export a run for serving."""

    run: str
    out: str


class Cancel(Request, tag="cancel"):
    """End another request early."""

    request: int


class Answer(msgspec.Struct, kw_only=True, tag_field="event"):
    """An answer of the worker."""

    id: int | None = None
    """The id of its request."""


class Ready(Answer, tag="ready"):
    """The libraries are loaded: requests are answered from now on."""


class Piece(Answer, tag="piece"):
    """A part of a text, as soon as it is written."""

    text: str


class Progress(Answer, tag="progress"):
    """What an export does now."""

    message: str


class Final(Answer):
    """The last answer to a request that succeeded or was cancelled."""


class Opened(Final, tag="opened"):
    """A run is open."""

    run: str
    step: int | None
    parameters: int
    characters: str
    """The vocabulary, in the order of the ids."""
    block_size: int


class Written(Final, tag="written"):
    """A text is complete."""

    seed: int
    dropped: str
    """Characters of the prompt that the model does not know."""
    cancelled: bool
    cut: int = 0
    """How many characters at the beginning of a source did not fit into the context."""


class Inspected(Final, tag="inspected"):
    """How a model chose a character."""

    context: str
    """The characters that the model saw."""
    chances: list[tuple[str, float]]
    """Every character with its probability, the likeliest first."""
    attention: list[list[list[float]]]
    """Attention weights of the last position, `(L, H, T)`."""
    source: str = ""
    """What the model replies to, with its end."""
    across: list[list[list[float]]] = []
    """Weights of cross-attention from the last position to the source, `(L, H, S)`."""


class Looked(Final, tag="looked"):
    """What a view found."""

    finding: AnyFinding
    dropped: str
    """Characters of the text that the model does not know."""
    cut: int
    """How many characters at the beginning of the text, or of the source, did not fit into the context."""


class Toured(Final, tag="toured"):
    """Every step of the tour of attention on a sentence."""

    stations: dict[str, Station]
    """By the names of the steps."""
    unscaled: dict[str, Station]
    """The steps that divide scores, without the division."""


class Exported(Final, tag="exported"):
    """A SavedModel is written."""

    path: str


class Cancelled(Final, tag="cancelled"):
    """A request ended before it began."""


class Failed(Answer, tag="error"):
    """A request could not be done."""

    message: str


AnyRequest = Open | Write | Inspect | Look | Tour | Export | Cancel
AnyAnswer = Ready | Piece | Progress | Opened | Written | Inspected | Looked | Toured | Exported | Cancelled | Failed


class RequestError(InputError):
    """A line is not a request.

    Args:
        message: What is wrong with it.
        number: The request's id, if it has one.
    """

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.number = number


def encode(message: Request | Answer) -> bytes:
    """Return a message as a line; in the place of an answer that no client would read, a failure."""
    # By `json`: unlike msgspec it carries the surrogates by which Python names files that are not UTF-8.
    line = json.dumps(msgspec.to_builtins(message)).encode() + b"\n"
    if isinstance(message, Answer) and len(line) > LONGEST_ANSWER:
        wrong = (
            f"the answer has {len(line):,} bytes, and {LONGEST_ANSWER:,} are the most. Ask about a shorter text, or "
        )
        return encode(Failed(id=message.id, message=wrong + "a model of fewer different characters."))
    return line


def parse_request(line: bytes) -> AnyRequest:
    """Read a request.

    Args:
        line: A JSON object.

    Returns:
        The request.

    Raises:
        RequestError: When the line is not a request.
    """
    try:
        values: object = json.loads(line)
    except (ValueError, RecursionError):
        raise RequestError(f"the request {reprlib.repr(line)} is not JSON. Send an object a line.") from None
    number = number_of(values)
    try:
        check_options(values)
        request = msgspec.convert(values, AnyRequest)
    except InputError as error:
        raise RequestError(str(error), number) from None
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        reason = str(error)[:LONGEST_REASON]  # it quotes the value
        wrong = f"the request {reprlib.repr(line)} is not valid: {reason}. Send what the protocol describes."
        raise RequestError(wrong, number) from None
    if number is None:
        raise RequestError(f"the request {reprlib.repr(line)} has no id. Give it one.")
    return request


def check_options(values: object) -> None:
    """Reject unknown sampling options, which msgspec ignores in a dataclass."""
    options = typing.cast(dict[str, object], values).get("options") if isinstance(values, dict) else None
    if isinstance(options, dict):
        names = typing.cast(dict[str, object], options).keys()
        if unknown := sorted(names - SamplingOptions.__dataclass_fields__.keys()):
            raise InputError(f"there are no options {reprlib.repr(unknown)}. Leave them out.")


def number_of(values: object) -> int | None:
    """Return the id of a message, if it has one."""
    number = typing.cast(dict[str, object], values).get("id") if isinstance(values, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def parse_answer(line: bytes) -> AnyAnswer | None:
    """Read an answer; `None` when the line is not one. An answer that is not valid fails the request of its id."""
    try:
        values: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    try:
        return msgspec.convert(values, AnyAnswer)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        number = number_of(values)
        wrong = f"the worker's answer is not valid: {str(error)[:LONGEST_REASON]}. Start the program again."
        return None if number is None else Failed(id=number, message=wrong)
