"""Texts to learn from: the embedded tiny Shakespeare, a file, a folder of files, or standard input."""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from tinygpt_keras.errors import InputError

TINY_SHAKESPEARE = "tiny-shakespeare"
STANDARD_INPUT = "-"
TRAINING_PART = 0.9  # Karpathy's split: the first nine tenths train, the rest validate


@dataclass(frozen=True)
class Corpus:
    """A text and where it came from."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The digest of the text as UTF-8."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def train_characters(self) -> int:
        """How many characters from the start are for training; the rest validate."""
        return split_point(len(self.text))


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
        InputError: When it is missing, empty, binary, not UTF-8 or one character again and again, or when its name
            is that of tiny Shakespeare.
    """
    if source == TINY_SHAKESPEARE and Path(source).exists():
        raise InputError(f"{source} is the name of the text that comes with the package. For yours give ./{source}.")
    if source is None or source == TINY_SHAKESPEARE:
        return read_tiny_shakespeare()
    if source == STANDARD_INPUT:
        return Corpus(source, checked(decode(sys.stdin.buffer.read(), "standard input"), "standard input"))
    path = Path(source)
    try:
        if path.is_dir():
            return Corpus(source, checked(read_folder(path), source))
        with path.open("rb") as file:
            return Corpus(source, checked(decode(file.read(), source), source))
    except FileNotFoundError:
        raise InputError(f"there is no file or folder {source}. Check the path given to --data.") from None
    except PermissionError:
        raise InputError(f"{source} may not be read. Allow reading it, or give another --data.") from None
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}. Give another --data.") from None


def read_tiny_shakespeare() -> Corpus:
    """Read the corpus that was built into the package.

    Raises:
        InputError: When the package was copied instead of installed.
    """
    path = Path(__file__).with_name("embedded") / "tiny_shakespeare.txt"
    try:
        return Corpus(TINY_SHAKESPEARE, path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise InputError(
            "tiny Shakespeare is missing: it is built when the package is installed. Run pip install -e . again."
        ) from None


def read_folder(folder: Path) -> str:
    """Join a folder's `.txt` files in order of their names, each ended by a line end."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".txt" and path.is_file())
    if not paths:
        raise InputError(f"{folder} holds no .txt file. Put the texts there, or give a file to --data.")
    texts = (decode(path.read_bytes(), str(path)) for path in paths)
    return "".join(text if text.endswith("\n") or not text else text.rstrip("\r") + "\n" for text in texts)


def decode(content: bytes, name: str) -> str:
    """Decode UTF-8 as a text with plain line ends.

    Args:
        content: The bytes of a file.
        name: What to call it in messages.

    Returns:
        The text.

    Raises:
        InputError: When it is binary or not UTF-8.
    """
    if b"\0" in content:
        raise InputError(f"{name} is binary (it holds a zero byte). Give a UTF-8 text to --data.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 (byte {error.start} is 0x{content[error.start]:02x}). "
            "Convert it, for example with: iconv -f latin1 -t utf-8"
        ) from None
    return re.sub("\r+\n", "\n", text).lstrip("\ufeff")


def checked(text: str, name: str) -> str:
    """Refuse a text in which there is nothing to predict."""
    if not text:
        raise InputError(f"{name} is empty. Give a text to --data.")
    if len(text) > 1 and len(set(text)) == 1:
        raise InputError(f"{name} has one character only, again and again. Give another text to --data.")
    return text
