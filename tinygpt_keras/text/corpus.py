"""Training texts: the embedded tiny Shakespeare, a file, a folder of files, or standard input."""

import contextlib
import functools
import hashlib
import re
import stat
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygpt_keras.config.fields import FieldError
from tinygpt_keras.config.run import TINY_SHAKESPEARE
from tinygpt_keras.errors import InputError, reading
from tinygpt_keras.text import encodings
from tinygpt_keras.text.encodings import Place
from tinygpt_keras.text.tokenizer import CharTokenizer

STANDARD_INPUT = "-"
TRAINING_PART = 0.9  # Karpathy's split: the first nine tenths train, the rest validate
BYTE_ORDER_MARK = "\ufeff".encode()
HEAD = 2**16  # bytes checked first, so that a large binary file is refused without reading the rest
NAMED = 3  # skipped entries of a folder that a message names; the others are counted


@dataclass(frozen=True)
class Corpus:
    """A text and its source.

    The text is kept as bytes and decoded in pieces: a `str` with a single emoji takes four bytes per character.
    """

    name: str
    content: bytes | bytearray
    """The text in UTF-8."""
    files: str = ""
    """For a folder: how many files were read, and what was left out."""

    @functools.cached_property
    def sha256(self) -> str:
        """The SHA-256 of the UTF-8 text, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @functools.cached_property
    def characters(self) -> int:
        """The length of the text in characters."""
        return sum(map(len, self.pieces()))

    @functools.cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The distinct characters of the text, sorted."""
        return CharTokenizer.from_text(self.pieces()).characters

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

    Leading byte-order marks are dropped and CRLF becomes LF.

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
        content, place = sys.stdin.buffer.read(), Place("standard input", is_file=False)
        encodings.check(content, place)
        return checked(Corpus(source, with_plain_lines(content)), place.name)
    path = Path(source)
    with blaming(source):
        is_folder = path.is_dir()
    return checked(read_folder(path, source, between) if is_folder else Corpus(source, read_file(path, source)), source)


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


@contextlib.contextmanager
def blaming(name: str) -> Generator[None, None, None]:
    """Turn an `OSError` in the block into an `InputError` that names the file or folder."""
    missing = f"there is no file or folder {name}. Check the path."
    try:
        with reading(name, missing, ", or give another text"):
            yield
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}. Give another text.") from None


def read_file(path: Path, name: str) -> bytes:
    """Read a text from a file, or from a pipe such as the shell's `<(…)`.

    Args:
        path: The file.
        name: Its name in messages.

    Returns:
        The text in UTF-8, with plain line ends.

    Raises:
        InputError: When it cannot be read, is a device (which may never end), or is not UTF-8 text.
    """
    with blaming(name):
        mode = path.stat().st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise InputError(f"{name} is a device. Give a file or a folder.")
        place = Place(name, is_file=stat.S_ISREG(mode))
        with path.open("rb", buffering=0) as file:
            content = file.read(HEAD)
            encodings.check_head(content, place)
            if file.seekable():
                file.seek(0)  # `readall` then allocates once, and no parts are joined
                content = b""
            content += file.readall()
    encodings.check(content, place)
    return with_plain_lines(content)


def read_folder(folder: Path, name: str, between: str = "") -> Corpus:
    """Join a folder's `.txt` files in order of name, each ended by a line end.

    Args:
        folder: The folder; its subfolders are not read.
        name: Its name in messages.
        between: What parts the files.

    Returns:
        The text, with a summary of the files read and left out.

    Raises:
        InputError: When the folder or a file cannot be read, or when no file has text.
    """
    content, read, left_out = bytearray(), 0, dict[Path, str]()
    with blaming(name):
        paths = sorted(folder.iterdir())
    for path in paths:
        if reason := reason_to_leave_out(path):
            left_out[path] = reason
            continue
        text = read_file(path, str(path))
        if not text:
            left_out[path] = "empty"
            continue
        content += between.encode() * (read > 0)
        content += text if text.endswith(b"\n") else text.rstrip(b"\r") + b"\n"
        read += 1
    others = f"; left out: {list_left_out(left_out)}" if left_out else ""
    if not read:
        raise InputError(f"{name} holds no .txt file to read{others}. Put the texts there, or give a file.")
    return Corpus(name, content, f"{read:,} {'file' if read == 1 else 'files'} read{others}")


def reason_to_leave_out(path: Path) -> str:
    """Return why an entry of a folder is skipped, or an empty string. Opens nothing: opening a pipe could block."""
    try:
        mode = path.stat().st_mode
    except PermissionError:
        mode = stat.S_IFREG  # `read_file` will report it
    except OSError:
        return "a broken link"
    if stat.S_ISDIR(mode):
        return "a folder"
    if path.suffix.lower() != ".txt":
        return "not .txt"
    if stat.S_ISREG(mode):
        return ""
    return "a pipe" if stat.S_ISFIFO(mode) else "not a file"


def list_left_out(reasons: dict[Path, str]) -> str:
    """Name the first skipped entries, `.txt` before others, and count the rest by reason."""
    paths = sorted(reasons, key=lambda path: path.suffix.lower() != ".txt")
    named = ", ".join(f"{path.name} ({reasons[path]})" for path in paths[:NAMED])
    if len(paths) <= NAMED:
        return named
    counts = Counter(reasons[path] for path in paths[NAMED:])
    counted = ", ".join(how_many(count, reason) for reason, count in counts.most_common())
    return f"{named} and {len(paths) - NAMED:,} more ({counted})"


def how_many(count: int, reason: str) -> str:
    """Format the number of entries skipped for a reason: `2 folders`, `3 not .txt`."""
    noun = reason.removeprefix("a ")
    return f"{count:,} {noun}" + ("s" if noun != reason and count > 1 else "")


def with_plain_lines(content: bytes) -> bytes:
    """Drop leading byte-order marks, and the carriage returns before line feeds."""
    if b"\r" in content:  # searching for one byte is sixteen times as fast as for two
        content = content.replace(b"\r\n", b"\n")
    if b"\r" in content and b"\r\n" in content:  # several before one line feed
        content = re.sub(rb"(?<!\r)\r+\n", b"\n", content)
    start = 0
    while content.startswith(BYTE_ORDER_MARK, start):
        start += len(BYTE_ORDER_MARK)
    return content[start:]


def checked(corpus: Corpus, name: str) -> Corpus:
    """Return the corpus, or refuse one with nothing to predict."""
    if not corpus.content:
        raise InputError(f"{name} is empty. Give another text.")
    if corpus.characters > 1 and len(corpus.vocabulary) == 1:
        raise InputError(f"{name} consists of one repeated character. Give another text.")
    return corpus
