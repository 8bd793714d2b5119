"""Characters to ids and back."""

import json
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
    def from_text(cls, text: str) -> "CharTokenizer":
        """Make the vocabulary of a text.

        Args:
            text: What will be learned from.

        Returns:
            A tokenizer of its distinct characters.
        """
        import numpy as np

        seen = np.zeros(UNICODE, bool)
        seen[code_points(text)] = True
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


def unfamiliar_notice(dropped: Iterable[str]) -> str:
    """Say which characters of a prompt were left out; of many the first are named."""
    characters = list(dropped)
    more = f" and {len(characters) - NAMED:,} more" if len(characters) > NAMED else ""
    return "left out, as the model has never seen them: " + " ".join(repr(c)[1:-1] for c in characters[:NAMED]) + more
