"""The character tokenizer: characters to ids and back."""

import json
import shlex
import typing
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tinygpt_keras import atomic, files
from tinygpt_keras.errors import InputError, reading
from tinygpt_keras.text.ids import UNICODE, aligned_empty, code_points, distinct, id_dtype

if typing.TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

START = "\n"  # an empty prompt starts at the beginning of a line
VOCABULARY_BYTES = 2**24  # all of Unicode in JSON has about 10 million

ESCAPES = {r"\n": "a line end", r"\t": "a tab"}  # what users type into shells, and what they mean
NAMED = 20  # unknown characters of a prompt that a notice names

# Typographic characters and their forms on a plain keyboard.
PLAIN_FORMS = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–−", "-"),
    **dict.fromkeys("—―", "--"),
    **dict.fromkeys("\t\v\f\u2028\u2029", " "),
    "\r": "",
    "\ufeff": "",
    "ß": "ss",
    "Æ": "AE",
    "æ": "ae",
    "Œ": "OE",
    "œ": "oe",
    "Ø": "O",
    "ø": "o",
    "Ł": "L",
    "ł": "l",
}


class CharTokenizer:
    """Maps each distinct character of a text to an id, in sorted order.

    Args:
        characters: The vocabulary; id `i` is the `i`-th.

    Raises:
        InputError: When they are not distinct, sorted, single characters.
    """

    def __init__(self, characters: Sequence[str]) -> None:
        odd = any(len(c) != 1 or "\ud800" <= c <= "\udfff" for c in characters)  # half a character of UTF-16
        if not characters or odd or sorted(set(characters)) != list(characters):
            raise InputError(
                "the vocabulary is not a sorted list of distinct characters. Restore vocab.json from a copy."
            )
        self.characters = tuple(characters)
        self._ids = {character: i for i, character in enumerate(self.characters)}
        self._tables: tuple[Any, Any] | None = None

    @classmethod
    def from_text(cls, text: str | Iterable[str]) -> "CharTokenizer":
        """Build the tokenizer of a text.

        Args:
            text: The training text, whole or in pieces.

        Returns:
            A tokenizer of its distinct characters.
        """
        return cls(distinct([text] if isinstance(text, str) else text))

    @property
    def vocab_size(self) -> int:
        """V, the number of distinct characters."""
        return len(self.characters)

    @property
    def start_id(self) -> int:
        """The id that an empty prompt starts from: that of a newline, else a space, else 0."""
        return next((self._ids[c] for c in (START, " ") if c in self._ids), 0)

    def encode(self, text: str) -> "NDArray[np.int32]":
        """Encode a text of known characters as ids.

        Args:
            text: A text whose characters are all in the vocabulary; see `plain` for others.

        Returns:
            Ids of shape `(len(text),)`.

        Raises:
            InputError: When a character is not in the vocabulary.
        """
        import numpy as np

        to_ids, _ = self._lookup()
        ids = to_ids.take(code_points(text))
        if ids.size and ids.min() < 0:
            unknown = chr(int(code_points(text)[np.argmin(ids)]))
            raise InputError(f"{unknown!r} is not in the vocabulary. Take it out of the text.")
        return ids

    def encode_pieces(self, pieces: Iterable[str], characters: int) -> "NDArray[Any]":
        """Encode a long text as ids of the smallest dtype that holds the vocabulary.

        Args:
            pieces: The text, cut anywhere.
            characters: The total length of the pieces.

        Returns:
            Ids of shape `(characters,)`: uint8, uint16 or int32, aligned so that TensorFlow reads them in place.

        Raises:
            InputError: When a character is not in the vocabulary.
        """
        ids = aligned_empty(characters, id_dtype(self.vocab_size))
        done = 0
        for piece in pieces:
            ids[done : done + len(piece)] = self.encode(piece)
            done += len(piece)
        return ids

    def decode(self, ids: "NDArray[Any] | Sequence[int]") -> str:
        """Decode ids of shape `(T,)` to text."""
        import numpy as np

        _, points = self._lookup()
        return points[np.asarray(ids, np.int64)].tobytes().decode("utf-32-le")

    def plain(self, text: str) -> tuple[str, str]:
        """Map a prompt to the vocabulary.

        Args:
            text: Any text.

        Returns:
            The text with unknown characters replaced by their plain forms (curly quotes, accents, tabs) or dropped;
            and the distinct dropped characters, in order of appearance.
        """
        forms = {character: self.plain_form(character) for character in dict.fromkeys(text)}
        dropped = "".join(character for character, form in forms.items() if form is None)
        return "".join(forms[character] or "" for character in text), dropped

    def plain_stops(self, stops: Iterable[str]) -> tuple[list[str], dict[str, str]]:
        """Map stop strings to the vocabulary, as `plain` maps prompts.

        Args:
            stops: Any strings; empty ones are dropped.

        Returns:
            Those that can occur, mapped; and those that cannot, each with its characters outside the vocabulary.
        """
        possible: list[str] = []
        impossible: dict[str, str] = {}
        for stop in filter(None, stops):
            form, dropped = self.plain(stop)
            if dropped or not form:
                impossible[stop] = dropped or stop
            else:
                possible.append(form)
        return possible, impossible

    def plain_form(self, character: str) -> str | None:
        """Map one character to the vocabulary.

        Args:
            character: Any single character.

        Returns:
            Itself if known, else its plain form, else `None`. Accents are dropped unless the vocabulary has them all.
        """
        if character in self._ids:
            return character
        form = PLAIN_FORMS.get(character)
        if form is None:
            form = unicodedata.normalize("NFKD", character)
            if not all(part in self._ids for part in form):
                bare = (part for part in form if not unicodedata.combining(part))
                form = "".join(PLAIN_FORMS.get(part, part) for part in bare)
        return form if all(part in self._ids for part in form) else None

    def save(self, path: Path) -> None:
        """Write the characters as a JSON list."""
        atomic.write_text(path, json.dumps(self.characters, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> "CharTokenizer":
        """Read what `save` wrote.

        Args:
            path: A `vocab.json`.

        Returns:
            The tokenizer.

        Raises:
            InputError: When the file is missing or not a vocabulary.
        """
        try:
            with reading(path, f"{path} is missing. Restore it from a copy, or train again."):
                content = files.read_bytes(path, VOCABULARY_BYTES)
            if content.count(b",") > UNICODE:  # each element costs much more memory than its bytes
                raise InputError(f"{path} has more characters than there are. Restore it from a copy, or train again.")
            return cls(msgspec.json.decode(content, type=list[str]))  # stops at the first element of another type
        except msgspec.ValidationError:
            raise InputError(f"{path} is not a list of characters. Restore it from a copy, or train again.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InputError(f"{path} is not JSON. Restore it from a copy, or train again.") from None

    def _lookup(self) -> "tuple[NDArray[np.int32], NDArray[np.uint32]]":
        """Return two arrays: code point to id (-1 if unknown), and id to code point."""
        import numpy as np

        if self._tables is None:
            points = np.array([ord(character) for character in self.characters], np.uint32)
            to_ids = np.full(UNICODE, -1, np.int32)
            to_ids[points] = np.arange(len(points), dtype=np.int32)
            self._tables = to_ids, points
        return self._tables


def unfamiliar_notice(dropped: Iterable[str]) -> str:
    """Return a notice of the characters dropped from a prompt; it names the first `NAMED`."""
    characters = list(dropped)
    more = f" and {len(characters) - NAMED:,} more" if len(characters) > NAMED else ""
    return "left out, as the model has never seen them: " + " ".join(map(visible, characters[:NAMED])) + more


def unusable_notice(stop: str, unseen: str) -> str:
    """Return a notice that a stop string can never occur.

    Args:
        stop: The string.
        unseen: Its characters that the model has never seen.

    Returns:
        The reason and what to do.
    """
    why = f"the model has never seen {' '.join(map(visible, unseen))}"
    advice = escape_hint(stop, unseen) or "Give another, or none."
    return f"--stop {shlex.quote(''.join(map(visible, stop)))} can never occur: {why}. {advice}"


def escape_hint(typed: str, unseen: str) -> str:
    """Explain how to type a line end or a tab in a shell, if one was typed as a backslash and a letter.

    Args:
        typed: A prompt or a stop string.
        unseen: Its characters that the model has never seen; a backslash that the model knows may be intended.

    Returns:
        A sentence, or an empty string if nothing suggests an escape.
    """
    escape = next((escape for escape in ESCAPES if escape in typed and "\\" in unseen), None)
    return "" if escape is None else f"For {ESCAPES[escape]}, bash and zsh write $'{escape}'."


def visible(character: str) -> str:
    """Return a visible character as itself, a space in quotes, and any other as its escape."""
    return character if character.isprintable() and character != " " else repr(character)[1:-1].replace(" ", "' '")
