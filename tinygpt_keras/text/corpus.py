"""Training texts: the embedded tiny Shakespeare, a file, a folder of files, or standard input."""

import functools
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.errors import InputError
from tinygpt_keras.text import encodings
from tinygpt_keras.text.content import Content
from tinygpt_keras.text.encodings import Place
from tinygpt_keras.text.ids import distinct
from tinygpt_keras.text.sources import blaming, read_file, read_folder, read_stream

STANDARD_INPUT = "-"
TRAINING_PART = 0.9  # Karpathy's split: the first nine tenths train, the rest validate


@dataclass(frozen=True)
class Corpus:
    """A text and its source.

    The text is kept as bytes, a long one on disk, and decoded in pieces: a `str` with a single emoji takes four bytes
    per character.
    """

    name: str
    content: Content
    """The text in UTF-8."""
    files: str = ""
    """For a folder: how many files were read, and what was left out."""

    @functools.cached_property
    def _facts(self) -> tuple[str, int, tuple[str, ...]]:
        """The hash, the length and the distinct characters, all from one pass: a long text is read from disk."""
        digest, characters = hashlib.sha256(), 0

        def pieces() -> Iterator[str]:
            nonlocal characters
            for content in encodings.cuts(self.content):
                digest.update(content)
                piece = content.decode("utf-8", "replace")
                characters += len(piece)
                yield piece

        found = distinct(pieces())
        return digest.hexdigest(), characters, tuple(found)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the UTF-8 text, in hexadecimal."""
        return self._facts[0]

    @property
    def characters(self) -> int:
        """The length of the text in characters."""
        return self._facts[1]

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The distinct characters of the text, sorted."""
        return self._facts[2]

    @functools.cached_property
    def taken(self) -> dict[str, Any]:
        """What tasks have taken out of the text so far: the pairs of `read_pairs`, which are gone when the text is."""
        return {}

    @property
    def text(self) -> str:
        """The whole text as one string; for short texts only."""
        return "".join(self.pieces())

    @property
    def train_characters(self) -> int:
        """The length of the training split in characters; the rest validates."""
        return split_point(self.characters)

    def pieces(self) -> Iterator[str]:
        """Decode the text a piece at a time."""
        return encodings.decode(self.content, "replace")  # validated when it was read

    def excerpt(self, start: int, count: int) -> str:
        """Return `count` characters from a position on, or fewer at the end, without decoding what follows them."""
        found = ""
        for piece in self.pieces():
            found += piece[start : start + count - len(found)]
            start = max(start - len(piece), 0)
            if len(found) == count:
                break
        return found


def split_point(characters: int) -> int:
    """Return the length of a text's training split in characters."""
    return int(TRAINING_PART * characters)


def shortest_length(block_size: int) -> int:
    """Return the length, in characters, of the shortest text that fills one training window.

    Args:
        block_size: T, the context window.

    Returns:
        The least length whose training split has T + 1 characters and whose validation split is not empty.
    """
    length = block_size + 2
    while split_point(length) < block_size + 1:
        length += 1
    return length


def check_length(name: str, characters: int, block_size: int) -> None:
    """Reject a text that is too short for the context window.

    Args:
        name: The text's name.
        characters: Its length.
        block_size: T.

    Raises:
        InputError: When it is shorter than `shortest_length`.
    """
    least = shortest_length(block_size)
    if characters < least:
        raise FieldError(
            lambda named: (
                f"{name} has {characters} characters; with {named('block_size')} {block_size} the shortest text that "
                f"works has {least}. Give a longer text, or a smaller {named('block_size')}."
            )
        )


def read_corpus(source: str | None = None, between: str = "") -> Corpus:
    """Read a text.

    Leading byte-order marks are dropped and CRLF becomes LF. A text above `IN_MEMORY` bytes stays on disk: in its own
    file, or in a temporary one if it had to be joined or changed.

    Args:
        source: A UTF-8 file, a folder whose `.txt` files are joined in order of name, `-` for standard input, or
            `None` or `tiny-shakespeare` for tiny Shakespeare.
        between: What parts the files of a folder.

    Returns:
        The text with its name.

    Raises:
        InputError: When it is missing, empty, binary, not UTF-8, one repeated character or a device, or when a file
            here is named `tiny-shakespeare`.
    """
    if source == TINY_SHAKESPEARE and Path(source).exists():
        raise InputError(f"{source} is the name of the text that comes with the package. For yours, give ./{source}.")
    if source is None or source == TINY_SHAKESPEARE:
        return read_tiny_shakespeare()
    if source == STANDARD_INPUT:
        place = Place("standard input", is_file=False)
        return checked(Corpus(source, read_stream(sys.stdin.buffer, place)), place.name)
    path, summary = Path(source), ""
    with blaming(source):
        is_folder = path.is_dir()
    if is_folder:
        content, summary = read_folder(path, source, between)
    else:
        content = read_file(path, source)
    return checked(Corpus(source, content, summary), source)


def read_tiny_shakespeare() -> Corpus:
    """Read the corpus that was built into the package.

    Raises:
        InputError: When the package was copied instead of installed.
    """
    path = Path(__file__).parents[1] / "embedded" / "tiny_shakespeare.txt"
    try:
        return Corpus(TINY_SHAKESPEARE, path.read_bytes())
    except FileNotFoundError:
        raise InputError(
            "tiny Shakespeare is missing: it is built when the package is installed. Run pip install -e . again."
        ) from None


def checked(corpus: Corpus, name: str) -> Corpus:
    """Return the corpus, or refuse one with nothing to predict."""
    if not len(corpus.content):
        raise InputError(f"{name} is empty. Give another text.")
    if corpus.characters > 1 and len(corpus.vocabulary) == 1:
        raise InputError(f"{name} consists of one repeated character. Give another text.")
    return corpus
