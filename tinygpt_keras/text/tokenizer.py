"""Characters to ids and back."""

import json
import shlex
import typing
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tinygpt_keras import atomic
from tinygpt_keras.errors import InputError

if typing.TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

START = "\n"  # what an empty prompt starts from: a line's beginning
UNICODE = 0x110000  # code points are below this
ALIGNMENT = 64  # bytes; TensorFlow reads an array in place only where its address is a multiple of this

ESCAPES = {r"\n": "a line end", r"\t": "a tab"}  # what is typed into shells
NAMED = 20  # unknown characters of a prompt

# Typographic characters and what a plain keyboard writes instead.
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
        if not characters or any(len(c) != 1 for c in characters) or sorted(set(characters)) != list(characters):
            raise InputError("the vocabulary is no sorted list of distinct characters. Restore vocab.json from a copy.")
        self.characters = tuple(characters)
        self._ids = {character: i for i, character in enumerate(self.characters)}
        self._tables: tuple[Any, Any] | None = None

    @classmethod
    def from_text(cls, text: str | Iterable[str]) -> "CharTokenizer":
        """Make the vocabulary of a text.

        Args:
            text: What will be learned from, whole or in pieces.

        Returns:
            A tokenizer of its distinct characters.
        """
        import numpy as np

        seen = np.zeros(UNICODE, bool)
        for piece in [text] if isinstance(text, str) else text:
            seen[code_points(piece)] = True
        return cls([chr(point) for point in np.flatnonzero(seen)])

    @property
    def vocab_size(self) -> int:
        """V, the number of distinct characters."""
        return len(self.characters)

    @property
    def start_id(self) -> int:
        """The id that an empty prompt starts from: a newline, else a space, else the first."""
        return next((self._ids[c] for c in (START, " ") if c in self._ids), 0)

    def encode(self, text: str) -> "NDArray[np.int32]":
        """Turn a text of known characters into ids.

        Args:
            text: Any text whose characters are all in the vocabulary; see `plain` for others.

        Returns:
            Ids of shape `(len(text),)`.

        Raises:
            InputError: When a character is not in the vocabulary.
        """
        import numpy as np

        to_ids, _ = self._lookup()
        ids = to_ids[code_points(text)]
        if ids.size and ids.min() < 0:
            unknown = chr(int(code_points(text)[np.argmin(ids)]))
            raise InputError(f"{unknown!r} is not in the vocabulary. Take it out of the text.")
        return ids

    def encode_pieces(self, pieces: Iterable[str], characters: int) -> "NDArray[Any]":
        """Turn a long text into ids of the smallest type that holds the vocabulary.

        Args:
            pieces: The text, cut anywhere.
            characters: How many they are together.

        Returns:
            Ids of shape `(characters,)`: uint8, uint16 or int32, aligned so that TensorFlow reads them in place.

        Raises:
            InputError: When a character is not in the vocabulary.
        """
        import numpy as np

        smallest = np.min_scalar_type(self.vocab_size - 1)
        ids = aligned_empty(characters, smallest if smallest.itemsize < 4 else np.dtype(np.int32))
        done = 0
        for piece in pieces:
            ids[done : done + len(piece)] = self.encode(piece)
            done += len(piece)
        return ids

    def decode(self, ids: "NDArray[Any] | Sequence[int]") -> str:
        """Turn ids of shape `(T,)` back into their text."""
        import numpy as np

        _, points = self._lookup()
        return points[np.asarray(ids, np.int64)].tobytes().decode("utf-32-le")

    def plain(self, text: str) -> tuple[str, str]:
        """Map a text to the vocabulary, for prompts.

        Args:
            text: Anything.

        Returns:
            The text with unknown characters replaced where that is plain (curly quotes, accents, tabs) and
            dropped elsewhere; and the distinct characters that were dropped, in order of appearance.
        """
        forms = {character: self.plain_form(character) for character in dict.fromkeys(text)}
        dropped = "".join(character for character, form in forms.items() if form is None)
        return "".join(forms[character] or "" for character in text), dropped

    def plain_stops(self, stops: Iterable[str]) -> tuple[list[str], dict[str, str]]:
        """Map stop strings to the vocabulary, as prompts are.

        Args:
            stops: Any strings; empty ones are dropped.

        Returns:
            Those that can occur; and those that cannot, each with the characters of it that are not in the vocabulary.
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
            Itself when known, else its plain form, else `None`. Accents go, unless the vocabulary has them all.
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
            InputError: When the file is missing or holds anything else.
        """
        try:
            characters: Any = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise InputError(f"{path} is missing. Restore it from a copy, or train again.") from None
        except PermissionError:
            raise InputError(f"{path} may not be read. Allow reading it.") from None
        except (ValueError, RecursionError):
            raise InputError(f"{path} is not JSON. Restore it from a copy, or train again.") from None
        if not isinstance(characters, list) or not all(
            isinstance(c, str) for c in typing.cast(list[object], characters)
        ):
            raise InputError(f"{path} is no list of characters. Restore it from a copy, or train again.")
        return cls(typing.cast(list[str], characters))

    def _lookup(self) -> "tuple[NDArray[np.int32], NDArray[np.uint32]]":
        """Code point to id (-1 where unknown) and id to code point, as arrays."""
        import numpy as np

        if self._tables is None:
            points = np.array([ord(character) for character in self.characters], np.uint32)
            to_ids = np.full(UNICODE, -1, np.int32)
            to_ids[points] = np.arange(len(points), dtype=np.int32)
            self._tables = to_ids, points
        return self._tables


def code_points(text: str) -> "NDArray[np.uint32]":
    """Give a text's code points as an array of shape `(len(text),)`, without an object for each."""
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def aligned_empty(count: int, dtype: "np.dtype[Any]") -> "NDArray[Any]":
    """Allocate an array of shape `(count,)` whose address TensorFlow takes: NumPy's own is a multiple of 16 only."""
    import numpy as np

    size = count * dtype.itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype)


def unfamiliar_notice(dropped: Iterable[str]) -> str:
    """Say which characters of a prompt were left out; of many the first are named."""
    characters = list(dropped)
    more = f" and {len(characters) - NAMED:,} more" if len(characters) > NAMED else ""
    return "left out, as the model has never seen them: " + " ".join(map(visible, characters[:NAMED])) + more


def unusable_notice(stop: str, unseen: str) -> str:
    """Say that a stop string cannot end a text.

    Args:
        stop: The string.
        unseen: The characters of it that the model has never seen.

    Returns:
        A sentence and what to do.
    """
    why = f"the model has never seen {' '.join(map(visible, unseen))}"
    advice = escape_hint(stop, unseen) or "Give another, or none."
    return f"--stop {shlex.quote(''.join(map(visible, stop)))} can never occur: {why}. {advice}"


def escape_hint(typed: str, unseen: str) -> str:
    """Say how a shell writes a line end or a tab, where one was typed as a backslash and a letter.

    Args:
        typed: A prompt or a stop string.
        unseen: The characters of it that the model has never seen; a backslash that it knows may be meant.

    Returns:
        A sentence; empty where nothing suggests it.
    """
    escape = next((escape for escape in ESCAPES if escape in typed and "\\" in unseen), None)
    return "" if escape is None else f"For {ESCAPES[escape]}, bash and zsh write $'{escape}'."


def visible(character: str) -> str:
    """Show a character as itself, and one that cannot be seen by its escape."""
    return character if character.isprintable() and character != " " else repr(character)[1:-1].replace(" ", "' '")
