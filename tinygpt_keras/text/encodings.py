"""Messages that explain why a text is not UTF-8, and advise only conversions that were tried."""

import codecs
import itertools
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinygpt_keras.errors import InputError
from tinygpt_keras.text.content import Content, parts
from tinygpt_keras.text.encoding_guess import (
    NOT_WRITTEN,
    PIECE,
    SAMPLE,
    converts,
    excerpt,
    guess,
    lines_beyond_ascii,
    readings,
)

REPLACEMENT = "\ufffd"  # what the decoder puts in place of invalid bytes
MARKS = {  # UTF-32 first: one of its marks begins with a mark of UTF-16
    codecs.BOM_UTF32_LE: ("UTF-32", "utf-32-le"),
    codecs.BOM_UTF32_BE: ("UTF-32", "utf-32-be"),
    codecs.BOM_UTF16_LE: ("UTF-16", "utf-16-le"),
    codecs.BOM_UTF16_BE: ("UTF-16", "utf-16-be"),
}
UNMARKED = {"UTF-32LE": "utf-32-le", "UTF-32BE": "utf-32-be", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"}
CONTROL_BYTE = re.compile(rb"[\0-\x08\x0e-\x19\x1c-\x1f\x7f]")  # except 0x1a, the end of a DOS file, and Escape
MANY_CONTROLS = 0.02  # of all bytes; compressed data has about a tenth
SPACES = re.compile("[ \n\u3000-\u3002]")


@dataclass(frozen=True)
class Place:
    """Where a text was read from."""

    name: str
    """Its name in messages."""
    is_file: bool = True
    """Whether a command can read it again."""

    def advise(self, command: str) -> str:
        """Return advice to run a command that reads a file and writes to standard output.

        Args:
            command: The command, without the file.

        Returns:
            A shell command for a file; for a pipe, the command to pipe it through.
        """
        if not self.is_file:
            return f"pipe it through {command}"
        path = Path(self.name)
        numbers = itertools.chain([""], itertools.count(2))
        results = (Path(f"{path.stem}.utf8{number}{path.suffix}") for number in numbers)
        result = next(found for found in results if not os.path.lexists(found))  # overwrite nothing
        name, out = (f"./{file}" if str(file).startswith("-") else str(file) for file in (self.name, result))
        return f"{command} {shlex.quote(name)} > {shlex.quote(out)}"


def cuts(content: Content) -> Iterator[bytes]:
    """Cut a text into pieces, but not within a character of UTF-8."""
    start = 0
    while start < len(content):
        piece = content[start : start + PIECE + 1]
        end = min(PIECE, len(piece))
        for _ in range(3):  # a character has at most three continuation bytes
            if end < len(piece) and piece[end] & 0xC0 == 0x80:
                end -= 1
        yield piece[:end]
        start += end


def decode(content: Content, errors: str = "strict") -> Iterator[str]:
    """Decode UTF-8 a piece at a time: one `str` of it all could take four times as many bytes.

    Args:
        content: The bytes.
        errors: How to handle invalid bytes, as in `bytes.decode`.

    Yields:
        The text in pieces.

    Raises:
        UnicodeDecodeError: When the bytes are not UTF-8; its offsets count from the start of `content`.
    """
    start = 0
    for piece in cuts(content):
        try:
            yield piece.decode("utf-8", errors)
        except UnicodeDecodeError as error:
            raise UnicodeDecodeError(
                "utf-8", content[:], start + error.start, start + error.end, error.reason
            ) from None
        start += len(piece)


def check(content: Content, place: Place) -> None:
    """Refuse bytes that are not UTF-8 text.

    Args:
        content: All bytes of the text; they are read into memory only to explain what is wrong.
        place: Where they were read from.

    Raises:
        InputError: When they are something else; it names what and, if known, the conversion.
    """
    is_ascii, has_zero = True, content[:4].startswith(tuple(MARKS))
    for part in parts(content):
        is_ascii, has_zero = is_ascii and part.isascii(), has_zero or b"\0" in part
    if has_zero:
        raise InputError(f"{place.name} {explain_zeros(content[:], place)}")
    if is_ascii:
        return
    try:
        for _ in decode(content):
            pass
    except UnicodeDecodeError as error:
        raise InputError(f"{place.name} {explain(content[:], error, place)}") from None


def check_head(head: bytes, place: Place) -> None:
    """Refuse binary data by its first bytes, before reading the rest, which may be large."""
    if b"\0" in head and wide_encoding(head) is None:
        raise InputError(f"{place.name} {explain_zeros(head, place)}")


def explain_zeros(content: bytes, place: Place) -> str:
    """Explain bytes that hold a zero or begin with a byte-order mark of UTF-16 or UTF-32."""
    if content in MARKS:
        return "is empty. Give another text."
    if wide := wide_encoding(content):
        return explain_wide(content, wide, place)
    zero = content.find(b"\0")
    what = "begins like UTF-16, but is not" if zero < 0 else f"is binary (byte {zero} is zero)"
    return f"{what}. Give a text in UTF-8."


def wide_encoding(content: bytes) -> tuple[str, str, int] | None:
    """Recognise UTF-16 and UTF-32 by the byte-order mark, or by decoding the first bytes.

    Args:
        content: The bytes, or the first of them.

    Returns:
        Its name, Python's codec for the text after the mark, and the mark's length in bytes; `None` for anything else.
    """
    sample = content[:SAMPLE]
    for mark, (name, codec) in MARKS.items():
        if sample.startswith(mark) and spells(sample[len(mark) :], codec):
            return name, codec, len(mark)
    for name, codec in UNMARKED.items():
        text = spells(sample, codec)
        # Letters of another encoding can decode as wide characters, but not as a space, a line end or pure ASCII.
        if text and not NOT_WRITTEN.search(text) and (text.isascii() or SPACES.search(text)):
            return name, codec, 0
    return None


def spells(sample: bytes, codec: str) -> str:
    """Return the first bytes decoded, or an empty string when they are invalid in that encoding."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return ""


def explain_wide(content: bytes, wide: tuple[str, str, int], place: Place) -> str:
    """Explain UTF-16 and UTF-32: advise a conversion, unless a part is damaged."""
    name, codec, mark = wide
    if not converts(content[mark:], codec, anything=mark > 0):
        return f"seems to be {name}, but a part of it is damaged. Give a text in UTF-8."
    return f"is {name}, not UTF-8. Convert it: {place.advise(f'iconv -f {name} -t utf-8')}"


def explain(content: bytes, error: UnicodeDecodeError, place: Place) -> str:
    """Explain why bytes without a zero are not UTF-8, and what to do."""
    if wide := wide_encoding(content):
        return explain_wide(content, wide, place)
    where = f"byte {error.start} is 0x{content[error.start]:02x}"
    sample = lines_beyond_ascii(content, error.start)
    if len(CONTROL_BYTE.findall(sample)) > MANY_CONTROLS * len(sample):
        return f"is binary ({where}). Give a text in UTF-8."
    if damage := explain_damage(content, error, place):
        return damage
    found = guess(content, sample)
    candidates = [found] if found else readings(content, sample)
    if not candidates:
        return f"is not UTF-8 ({where}), and its encoding cannot be guessed. Save it as UTF-8 in its editor."
    texts = [text for _, text in candidates]
    shown = "; in ".join(f"{name} it reads “{excerpt(text, *texts)}”" for name, text in candidates)
    which = "If that is right, convert it" if len(texts) == 1 else "Convert it from the one that is right"
    advice = place.advise(f"iconv -f {candidates[0][0]} -t utf-8")
    return f"is not UTF-8 ({where}). In {shown}. {which}: {advice}"


def explain_damage(content: bytes, error: UnicodeDecodeError, place: Place) -> str:
    """Explain where a mostly valid UTF-8 text is invalid; empty for any other text."""
    beyond, wrong = 0, -content.count(REPLACEMENT.encode())  # the text's own are valid
    for piece in decode(content, "replace"):
        beyond += len(piece) - len(piece.encode("ascii", "ignore"))
        wrong += piece.count(REPLACEMENT)
    right = beyond - wrong
    if error.reason == "unexpected end of data" and right > 0:
        advice = place.advise(f"head -c {error.start}")
        return (
            f"is UTF-8, but cut off within a character (byte {error.start}). "
            f"Copy it again, or drop that character: {advice}"
        )
    if right < 4 * wrong:
        return ""
    what = "one place is" if wrong == 1 else f"{wrong:,} places are"
    line = content.count(b"\n", 0, error.start) + 1
    advice = place.advise("iconv -c -f utf-8 -t utf-8")
    return (
        f"is UTF-8, but {what} damaged (byte {error.start}, in line {line}). "
        f"Repair it, or drop what is damaged: {advice}"
    )
