"""Where texts come from: a file, a folder of files, or a stream."""

import contextlib
import itertools
import stat
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO

from tinygpt_keras.errors import InputError, reading
from tinygpt_keras.text import content as stored
from tinygpt_keras.text import encodings
from tinygpt_keras.text.content import PART, Content, FileBytes, gathered, parts, plain_lines, with_plain_lines
from tinygpt_keras.text.encodings import Place

HEAD = 2**16  # bytes checked first, so that a large binary file is refused without reading the rest
NAMED = 3  # skipped entries of a folder that a message names; the others are counted


@contextlib.contextmanager
def blaming(name: str) -> Generator[None, None, None]:
    """Turn an `OSError` in the block into an `InputError` that names the file or folder."""
    missing = f"there is no file or folder {name}. Check the path."
    try:
        with reading(name, missing, ", or give another text"):
            yield
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}. Give another text.") from None


def read_file(path: Path, name: str) -> Content:
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
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(path.open("rb"))
            if not place.is_file or stored.state(file)[0] <= stored.IN_MEMORY:
                return read_stream(file, place)
            opened.pop_all()  # the content closes it
            content = FileBytes(file, name)
        encodings.check_head(content[:HEAD], place)
        encodings.check(content, place)
        return with_plain_lines(content, name)


def read_stream(file: IO[bytes], place: Place) -> Content:
    """Read a text to its end from an open file or pipe.

    Args:
        file: The file.
        place: What to call it.

    Returns:
        The text in UTF-8, with plain line ends.

    Raises:
        InputError: When it is not UTF-8 text.
    """
    head = file.read(HEAD)
    encodings.check_head(head, place)
    content = gathered(itertools.chain([head], iter(lambda: file.read(PART), b"")), place.name)
    encodings.check(content, place)
    return with_plain_lines(content, place.name)


def read_folder(folder: Path, name: str, between: str = "") -> tuple[Content, str]:
    """Join a folder's `.txt` files in order of name, each ended by a line end.

    Args:
        folder: The folder; its subfolders are not read.
        name: Its name in messages.
        between: What parts the files.

    Returns:
        The text, and a summary of the files read and left out.

    Raises:
        InputError: When the folder or a file cannot be read, or when no file has text.
    """
    read, left_out = 0, dict[Path, str]()
    with blaming(name):
        paths = sorted(folder.iterdir())

    def texts() -> Iterator[bytes]:
        nonlocal read
        for path in paths:
            if reason := reason_to_leave_out(path):
                left_out[path] = reason
                continue
            text = read_file(path, str(path))
            if not len(text):
                left_out[path] = "empty"
                continue
            yield between.encode() * (read > 0)
            yield from ended(text)
            read += 1

    content = gathered(texts(), name)
    others = f"; left out: {list_left_out(left_out)}" if left_out else ""
    if not read:
        raise InputError(f"{name} holds no .txt file to read{others}. Put the texts there, or give a file.")
    return content, f"{read:,} {'file' if read == 1 else 'files'} read{others}"


def ended(text: Content) -> Iterator[bytes]:
    """Return a text in parts, with a line end at its end in place of carriage returns there, if it has none."""
    return parts(text) if text[len(text) - 1 :] == b"\n" else plain_lines(itertools.chain(parts(text), [b"\n"]))


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
