"""Open regular files only, without following links, and read a bounded number of bytes."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tinygpt_keras.errors import UnsafeFileError

# Absent on Windows, where only the check before opening refuses links.
SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # do not block on a pipe that replaces the file after the check
WRITING = os.O_WRONLY | os.O_RDWR
SMALL = 2**20  # bytes; smaller files are not checked for holes
KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def opener(path: str, flags: int) -> int:
    """Open a regular file for `open(path, mode, opener=opener)`, in any mode.

    Args:
        path: The file, which a writing mode creates if it is missing.
        flags: The flags of `os.open` that `open` derives from its mode.

    Returns:
        The file descriptor.

    Raises:
        UnsafeFileError: When it is a link, a pipe, a device or a folder, or when a file to write has another hard link.
        OSError: When it cannot be opened.
    """
    check_regular(Path(path))
    try:
        descriptor = os.open(path, flags | SAFELY | NONBLOCK, 0o666)
    except BlockingIOError:  # another client holds a lease on the file: wait for its release
        descriptor = os.open(path, flags | SAFELY, 0o666)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and not (flags & WRITING and status.st_nlink > 1):
        return descriptor
    os.close(descriptor)
    raise UnsafeFileError(not_regular(Path(path), "a file with another name elsewhere (a hard link)"))


def check_regular(path: Path) -> None:
    """Raise an `UnsafeFileError` if the path exists and is not a regular file."""
    if (kind := kind_of(path)) not in ("a file", ""):
        raise UnsafeFileError(not_regular(path, kind))


def kind_of(path: Path) -> str:
    """Return the kind of a path without following links: `a file`, `a folder`, `a link`...; empty if it is missing."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a path with a NUL byte cannot exist
        return ""
    return "a file" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "not a file")


def is_regular(path: Path) -> bool:
    """Whether the path is a regular file, and not a link to one."""
    return kind_of(path) == "a file"


def is_folder(path: Path) -> bool:
    """Whether the path is a folder, and not a link to one."""
    return kind_of(path) == "a folder"


def is_own(path: Path) -> bool:
    """Return whether a file belongs to this user; on Windows, where files tell less, it does not."""
    return hasattr(os, "geteuid") and path.lstat().st_uid == os.geteuid()


def not_regular(path: Path, kind: str) -> str:
    """Return the error message for a path that is not a regular file."""
    return f"{path} is {kind}. A run consists of regular files only. Replace it by a copy of the real file."


def past_hole(file: BinaryIO) -> None:
    """Seek an open file to its next data, so that a hole of gigabytes is not read."""
    seek_data, here = getattr(os, "SEEK_DATA", None), file.tell()
    if seek_data is None:
        return
    try:
        place = os.lseek(file.fileno(), here, seek_data)
    except OSError as error:
        place = os.fstat(file.fileno()).st_size if error.errno == errno.ENXIO else here  # no more data; or unsupported
    file.seek(place)


def is_mostly_hole(file: BinaryIO) -> bool:
    """Whether more than half of an open file is a hole: reading it would cost far more than it takes on disk.

    Smaller holes are accepted: some tools turn zeros into holes when they copy.
    """
    size, written = os.fstat(file.fileno()).st_size, 0
    if size < SMALL:
        return False
    for begin, end in written_parts(file):
        written += end - begin
        if 2 * written >= size:
            return False
    return True


def written_end(file: BinaryIO) -> int:
    """Return where the data of an open file ends; what follows is a hole."""
    return max((end for _, end in written_parts(file)), default=0)


def written_parts(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield where each part of an open file between two holes begins and ends; one part where holes are not known."""
    seek_data, seek_hole = getattr(os, "SEEK_DATA", None), getattr(os, "SEEK_HOLE", None)
    here, end = file.tell(), 0
    try:
        while seek_data is not None and seek_hole is not None:
            begin = os.lseek(file.fileno(), end, seek_data)
            end = os.lseek(file.fileno(), begin, seek_hole)
            yield begin, end
        yield 0, os.fstat(file.fileno()).st_size
    except OSError as error:
        if error.errno != errno.ENXIO:  # not the end of the data: this file system has no such calls
            yield 0, os.fstat(file.fileno()).st_size
    finally:
        file.seek(here)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a regular file without loading it into memory.

    Raises:
        UnsafeFileError: When it is not a regular file, or mostly a hole.
    """
    with open(path, "rb", opener=opener) as file:
        if is_mostly_hole(file):
            raise UnsafeFileError(f"{path} was never written for the most part. Restore it from a copy.")
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_bytes(path: Path, at_most: int) -> bytes:
    """Read a regular file.

    Args:
        path: The file.
        at_most: The largest size to accept, in bytes.

    Returns:
        Its content.

    Raises:
        UnsafeFileError: When it is not a regular file, or is larger than `at_most`.
        OSError: When it cannot be read.
    """
    with open(path, "rb", opener=opener) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= at_most:
            content = file.read(at_most + 1)  # it may have grown since
            size = len(content)
            if size <= at_most:
                return content
    raise UnsafeFileError(
        f"{path} has {size:,} bytes, and no {path.name} has more than {at_most:,}. Restore it from a copy."
    )
