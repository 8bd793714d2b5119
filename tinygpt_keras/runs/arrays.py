"""Reading ZIP archives of unknown origin, `.npz` among them: they cost no more memory than their size."""

import contextlib
import math
import os
import warnings
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, BinaryIO

from tinygpt_keras import files

NUMBERS = "fiub"  # kinds of NumPy types that a variable can have: floats, integers, booleans
DIMENSIONS, LONGEST = 8, 2**40  # of an array
DIRECTORY_BYTES = 2**20  # of an archive's list of members; a checkpoint's has a few ten thousand


class ArchiveError(ValueError):
    """An archive is not what this program writes; says in which way."""


class Cautious:
    """A file that refuses to read more at once than a list of members has, which `zipfile` reads as it is told.

    Args:
        file: The open file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.at_most: int | None = DIRECTORY_BYTES
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        """Whether it can be sought, which `zipfile` asks."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, or the rest; an `ArchiveError` refuses too many."""
        if self.at_most is None:
            return self.file.read(size)
        content = self.file.read(min(size if size >= 0 else self.at_most + 1, self.at_most + 1))
        if len(content) > self.at_most:
            raise ArchiveError("its list of members is too long")
        return content


@contextlib.contextmanager
def open_archive(path: Path, at_most: int) -> Generator[zipfile.ZipFile, None, None]:
    """Open a regular file as a ZIP archive of uncompressed members.

    Args:
        path: The file.
        at_most: Its largest size in bytes.

    Yields:
        The open archive.

    Raises:
        ArchiveError: When it is larger or mostly a hole, or its members are compressed or overlap.
        zipfile.BadZipFile: When it is no archive.
    """
    with open(path, "rb", opener=files.opener) as file:
        size = os.fstat(file.fileno()).st_size
        if size > at_most:
            raise ArchiveError("it is larger than its model")
        if files.is_mostly_hole(file):
            raise ArchiveError("most of it was never written")
        cautious: Any = Cautious(file)
        with zipfile.ZipFile(cautious) as archive:
            cautious.at_most = None
            members = archive.infolist()
            stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            if not stored or sum(member.file_size for member in members) > size:
                raise ArchiveError("its members are compressed, or lie in one another")
            yield archive


def read_arrays(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the arrays of an `.npz` archive by name, after `check_arrays`."""
    from numpy.lib import format as npy

    arrays: dict[str, Any] = {}
    for member in archive.infolist():
        with archive.open(member) as array:
            arrays[member.filename.removesuffix(".npy")] = npy.read_array(array, allow_pickle=False)
    return arrays


def check_arrays(archive: zipfile.ZipFile) -> None:
    """Refuse an archive with a member that is not a whole array of numbers.

    Raises:
        ArchiveError: When there is one. NumPy raises its own for a damaged header.
    """
    for member in archive.infolist():
        with archive.open(member) as array:
            check_header(array, member.file_size)


def check_header(array: Any, size: int) -> None:
    """Refuse an array whose header promises other than numbers, or more of them than follow."""
    from numpy.lib import format as npy

    version = npy.read_magic(array)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    with warnings.catch_warnings(action="error"):  # NumPy warns of headers that Python 2 wrote
        shape, _, dtype = read_header(array)
    possible = len(shape) <= DIMENSIONS and all(0 <= size <= LONGEST for size in shape)
    if not possible or dtype.kind not in NUMBERS or math.prod(shape) * dtype.itemsize != size - array.tell():
        raise ArchiveError("an array is not what its header says")
