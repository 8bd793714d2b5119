"""Read untrusted ZIP archives such as `.npz` files, in no more memory than their size."""

import contextlib
import math
import os
import warnings
import zipfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any, BinaryIO

from tinygpt_keras import files

NUMBERS = "fiub"  # NumPy kinds that a variable can have: floats, integers, booleans
DIMENSIONS, LONGEST = 8, 2**40  # limits of an array: dimensions, and the length of each
DIRECTORY_BYTES = 2**20  # of an archive's central directory, at most; a checkpoint's has tens of thousands


class ArchiveError(ValueError):
    """An archive differs from those that this program writes; the message says how."""


class Cautious:
    """A file that limits how much `zipfile` reads at once.

    `zipfile` trusts the size that an archive declares for its central directory, which may be gigabytes.

    Args:
        file: The open file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.at_most: int | None = DIRECTORY_BYTES
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        """Return `True`, which `zipfile` requires."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, or the rest; raise an `ArchiveError` beyond the limit."""
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
        at_most: The largest size to accept, in bytes.

    Yields:
        The open archive.

    Raises:
        ArchiveError: When it is larger or mostly a hole, or its members are compressed or overlap.
        zipfile.BadZipFile: When it is not a ZIP archive.
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
                raise ArchiveError("its members are compressed or overlap")
            yield archive


def read_arrays(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the arrays of an `.npz` archive by name, after `check_arrays`."""
    from numpy.lib import format as npy

    arrays: dict[str, Any] = {}
    for member in archive.infolist():
        with archive.open(member) as array:
            arrays[member.filename.removesuffix(".npy")] = npy.read_array(array, allow_pickle=False)
    return arrays


def check_arrays(archive: zipfile.ZipFile) -> Counter[tuple[int, ...]]:
    """Check that every member of an archive is a complete array of numbers.

    Returns:
        How many arrays have each shape.

    Raises:
        ArchiveError: When one is not.
        Exception: When a header is damaged; NumPy raises several types.
    """
    shapes: Counter[tuple[int, ...]] = Counter()
    for member in archive.infolist():
        with archive.open(member) as array:
            shapes[check_header(array, member.file_size)] += 1
    return shapes


def check_header(array: Any, size: int) -> tuple[int, ...]:
    """Check that an array has numbers, and exactly as many as its header declares; return its shape."""
    from numpy.lib import format as npy

    version = npy.read_magic(array)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    with warnings.catch_warnings(action="error"):  # NumPy warns of headers that Python 2 wrote
        try:
            shape, _, dtype = read_header(array)
        except MemoryError:  # Python's parser raises it for deep nesting, and a header is short
            raise ArchiveError("an array's header is not one") from None
    possible = len(shape) <= DIMENSIONS and all(0 <= size <= LONGEST for size in shape)
    if not possible or dtype.kind not in NUMBERS or math.prod(shape) * dtype.itemsize != size - array.tell():
        raise ArchiveError("an array does not match its header")
    return shape
