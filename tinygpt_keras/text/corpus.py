"""Texts to learn from: the embedded tiny Shakespeare, a file, a folder of files, or standard input."""

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

from tinygpt_keras.errors import InputError
from tinygpt_keras.text import encodings
from tinygpt_keras.text.encodings import Place
from tinygpt_keras.text.tokenizer import CharTokenizer

TINY_SHAKESPEARE = "tiny-shakespeare"
STANDARD_INPUT = "-"
TRAINING_PART = 0.9  # Karpathy's split: the first nine tenths train, the rest validate
BYTE_ORDER_MARK = "\ufeff".encode()
HEAD = 2**16  # bytes by which something binary is refused, before the rest is read
NAMED = 3  # entries of a folder that are named among those left out; the others are counted


@dataclass(frozen=True)
class Corpus:
    """A text and where it came from.

    The text is kept as bytes and read in pieces: in a `str` with a single emoji every character takes four bytes.
    """

    name: str
    content: bytes | bytearray
    """The text in UTF-8."""
    files: str = ""
    """Of a folder: how many files were read, and what was left out."""

    @functools.cached_property
    def sha256(self) -> str:
        """The digest of the text as UTF-8."""
        return hashlib.sha256(self.content).hexdigest()

    @functools.cached_property
    def characters(self) -> int:
        """How many characters the text has."""
        return sum(map(len, self.pieces()))

    @functools.cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The distinct characters of the text, sorted."""
        return CharTokenizer.from_text(self.pieces()).characters

    @property
    def text(self) -> str:
        """The whole text, for a short one."""
        return "".join(self.pieces())

    @property
    def train_characters(self) -> int:
        """How many characters from the start are for training; the rest validate."""
        return split_point(self.characters)

    def pieces(self) -> Iterator[str]:
        """Decode the text a piece at a time."""
        return encodings.decode(self.content, "replace")  # it was checked when it was read


def split_point(characters: int) -> int:
    """Give the length of the training part of a text, in characters."""
    return int(TRAINING_PART * characters)


def shortest_length(block_size: int) -> int:
    """Give the length of the shortest text, in characters, that fills one training window.

    Args:
        block_size: T, the context length.

    Returns:
        The least length whose training part holds T + 1 characters and whose rest is not empty.
    """
    length = block_size + 2
    while split_point(length) < block_size + 1:
        length += 1
    return length


def read_corpus(source: str | None = None) -> Corpus:
    """Read a text.

    A byte-order mark is dropped and CRLF becomes a plain line end.

    Args:
        source: A UTF-8 file, a folder whose `.txt` files are joined in order of their names, `-` for standard
            input, or `None` or its name for tiny Shakespeare.

    Returns:
        The text with its name.

    Raises:
        InputError: When it is missing, empty, binary, not UTF-8 or one character again and again, when it is a device,
            or when its name is that of tiny Shakespeare.
    """
    if source == TINY_SHAKESPEARE and Path(source).exists():
        raise InputError(f"{source} is the name of the text that comes with the package. For yours give ./{source}.")
    if source is None or source == TINY_SHAKESPEARE:
        return read_tiny_shakespeare()
    if source == STANDARD_INPUT:
        content, place = sys.stdin.buffer.read(), Place("standard input", is_file=False)
        encodings.check(content, place)
        return checked(Corpus(source, with_plain_lines(content)), place.name)
    path = Path(source)
    with blaming(source):
        is_folder = path.is_dir()
    return checked(read_folder(path, source) if is_folder else Corpus(source, read_file(path, source)), source)


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
    """Turn what goes wrong with a file or a folder in the block into an `InputError` that names it."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"there is no file or folder {name}. Check the path given to --data.") from None
    except PermissionError:
        raise InputError(f"{name} may not be read. Allow reading it, or give another --data.") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}. Give another --data.") from None


def read_file(path: Path, name: str) -> bytes:
    """Read a text from a file, or from a pipe such as the shell's `<(…)`.

    Args:
        path: The file.
        name: What messages call it.

    Returns:
        The text in UTF-8, with plain line ends.

    Raises:
        InputError: When it cannot be read, is a device, which may never end, or is not a UTF-8 text.
    """
    with blaming(name):
        mode = path.stat().st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise InputError(f"{name} is a device. Give a file or a folder to --data, or - for standard input.")
        place = Place(name, is_file=stat.S_ISREG(mode))
        with path.open("rb", buffering=0) as file:
            content = file.read(HEAD)
            encodings.check_head(content, place)
            if file.seekable():
                file.seek(0)  # to read into one piece of memory
                content = b""
            content += file.readall()
    encodings.check(content, place)
    return with_plain_lines(content)


def read_folder(folder: Path, name: str) -> Corpus:
    """Join a folder's `.txt` files in order of their names, each ended by a line end.

    Args:
        folder: The folder; what lies in folders inside it is not read.
        name: What messages call it.

    Returns:
        The text, and which files it is made of.

    Raises:
        InputError: When the folder or a file cannot be read, or when there is none.
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
        content += text if text.endswith(b"\n") else text.rstrip(b"\r") + b"\n"
        read += 1
    others = f"; left out: {list_left_out(left_out)}" if left_out else ""
    if not read:
        raise InputError(f"{name} holds no .txt file to read{others}. Put the texts there, or give a file to --data.")
    return Corpus(name, content, f"{read:,} {'file' if read == 1 else 'files'} read{others}")


def reason_to_leave_out(path: Path) -> str:
    """Say why an entry of a folder is not read; empty when it is. Nothing is opened: a pipe could be waited for."""
    try:
        mode = path.stat().st_mode
    except PermissionError:
        mode = stat.S_IFREG  # reading it will fail, and say so
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
    """Name the first entries that were left out, those called `.txt` before others, and count the rest by reason."""
    paths = sorted(reasons, key=lambda path: path.suffix.lower() != ".txt")
    named = ", ".join(f"{path.name} ({reasons[path]})" for path in paths[:NAMED])
    if len(paths) <= NAMED:
        return named
    counts = Counter(reasons[path] for path in paths[NAMED:])
    counted = ", ".join(how_many(count, reason) for reason, count in counts.most_common())
    return f"{named} and {len(paths) - NAMED:,} more ({counted})"


def how_many(count: int, reason: str) -> str:
    """Count entries by why they were left out: `2 folders`, `3 not .txt`."""
    noun = reason.removeprefix("a ")
    return f"{count:,} {noun}" + ("s" if noun != reason and count > 1 else "")


def with_plain_lines(content: bytes) -> bytes:
    """Drop byte-order marks from the beginning of a text, and the carriage returns from its line ends."""
    if b"\r" in content:  # one byte is found sixteen times as fast as two
        content = content.replace(b"\r\n", b"\n")
    if b"\r" in content and b"\r\n" in content:  # where there were several
        content = re.sub(rb"(?<!\r)\r+\n", b"\n", content)
    start = 0
    while content.startswith(BYTE_ORDER_MARK, start):
        start += len(BYTE_ORDER_MARK)
    return content[start:]


def checked(corpus: Corpus, name: str) -> Corpus:
    """Refuse a text in which there is nothing to predict."""
    if not corpus.content:
        raise InputError(f"{name} is empty. Give a text to --data.")
    if corpus.characters > 1 and len(corpus.vocabulary) == 1:
        raise InputError(f"{name} has one character only, again and again. Give another text to --data.")
    return corpus
