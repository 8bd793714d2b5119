"""The bytes of a text: in memory if it is short, else in a file that is read a part at a time."""

import contextlib
import errno
import itertools
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from typing import IO

from tinygpt_keras.errors import InputError, TinyGPTError

IN_MEMORY = 2**24  # bytes; a longer text stays in its file
PART = 2**20  # bytes read at once
BYTE_ORDER_MARK = "\ufeff".encode()


class FileBytes:
    """The bytes of a file; a slice reads them.

    The file is read, not mapped: a mapped file that another program shortens would kill the process.

    Args:
        file: A file open for reading; it is closed with this object.
        name: Its name in messages.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        self._size, self._changed = state(file)
        weakref.finalize(self, file.close)

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        """Read a part.

        Raises:
            InputError: When the file has changed since it was opened.
        """
        start, end, _ = part.indices(self._size)
        self._file.seek(start)
        content = self._file.read(max(end - start, 0))
        if state(self._file) != (self._size, self._changed):
            raise InputError(f"{self._name} was changed while it was read. Try again when no program writes to it.")
        return content


Content = bytes | FileBytes


def state(file: IO[bytes]) -> tuple[int, int]:
    """Return the size of an open file and the time of its last change."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def parts(content: Content, start: int = 0) -> Iterator[bytes]:
    """Yield a text's bytes in parts, from an offset on."""
    return (content[place : place + PART] for place in range(start, len(content), PART))


def gathered(pieces: Iterable[bytes], name: str) -> Content:
    """Join pieces: in memory, or in a temporary file without a name if they are long.

    Args:
        pieces: The pieces; all may be in memory at once only up to `IN_MEMORY` bytes.
        name: The text's name in messages.

    Raises:
        TinyGPTError: When there is no room for the file.
    """
    kept, pieces = bytearray(), iter(pieces)
    for piece in pieces:
        kept += piece
        if len(kept) > IN_MEMORY:
            break
    else:
        return bytes(kept)
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(tempfile.TemporaryFile())
        for piece in itertools.chain([kept], pieces):
            write(file, piece)
        opened.pop_all()  # the content closes it
        return FileBytes(file, name)


def write(file: IO[bytes], piece: bytes | bytearray) -> None:
    """Write a piece to a temporary file.

    Raises:
        TinyGPTError: When the disk is full.
    """
    try:
        file.write(piece)
        file.flush()  # now, so that closing has nothing left to write
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise TinyGPTError(
            f"{tempfile.gettempdir()} has no space left for a copy of the text. Free some, or set TMPDIR to a folder "
            "on another disk."
        ) from None


def with_plain_lines(content: Content, name: str) -> Content:
    """Drop leading byte-order marks, and the carriage returns before line feeds.

    Args:
        content: A text.
        name: Its name in messages.

    Returns:
        The text itself if it has neither.
    """
    start = 0
    while content[start : start + len(BYTE_ORDER_MARK)] == BYTE_ORDER_MARK:
        start += len(BYTE_ORDER_MARK)
    if not start and not any(b"\r" in part for part in parts(content)):
        return content
    return gathered(plain_lines(parts(content, start)), name)


def plain_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Drop the carriage returns before each line feed, also where a cut parts them."""
    held = 0  # carriage returns at the end of the pieces so far
    for piece in pieces:
        rest = piece.lstrip(b"\r")
        held += len(piece) - len(rest)
        if not rest:
            continue
        if not rest.startswith(b"\n"):
            yield b"\r" * held
        kept = rest.rstrip(b"\r")
        held = len(rest) - len(kept)
        if b"\r" in kept:  # searching for one byte is sixteen times as fast as for two
            kept = without_returns(kept)
        yield kept
    yield b"\r" * held


def without_returns(piece: bytes) -> bytes:
    """Drop the carriage returns before each line feed of a piece."""
    piece = piece.replace(b"\r\n", b"\n")
    if b"\r\n" not in piece:
        return piece
    lines = piece.split(b"\n")  # several before one line feed
    return b"\n".join([*(line.rstrip(b"\r") for line in lines[:-1]), lines[-1]])
