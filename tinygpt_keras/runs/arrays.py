"""Reading `.npz` files of unknown origin: whatever they claim, they cost no more memory than their size."""

import math
import os
import zipfile
from typing import Any, BinaryIO

NUMBERS = "fiub"  # kinds of NumPy types that a variable can have: floats, integers, booleans


def read_arrays(file: BinaryIO) -> dict[str, Any]:
    """Read the arrays of an `.npz` file.

    Args:
        file: The open file.

    Returns:
        The arrays by name.

    Raises:
        ValueError: When it is not what `numpy.savez` writes from arrays of numbers.
        Exception: zipfile, zlib and NumPy each raise their own for a damaged file.
    """
    import numpy as np

    with zipfile.ZipFile(file) as archive:
        check_arrays(archive, file.seek(0, os.SEEK_END))
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def check_arrays(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse an archive of which reading an array would take more memory than the file has bytes.

    Args:
        archive: The open archive.
        size: The file's size in bytes.

    Raises:
        ValueError: When a member is compressed, overlaps another, or is not a whole array of numbers.
    """
    if not is_stored(archive, size):
        raise ValueError("its arrays are compressed, or lie in one another")
    for member in archive.infolist():
        with archive.open(member) as array:
            check_header(array, member.file_size)


def is_stored(archive: zipfile.ZipFile, size: int) -> bool:
    """Whether an archive's members are uncompressed and together no larger than its file."""
    members = archive.infolist()
    stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    return stored and sum(member.file_size for member in members) <= size


def check_header(array: Any, size: int) -> None:
    """Refuse an array whose header promises other than numbers, or more of them than follow."""
    from numpy.lib import format as npy

    version = npy.read_magic(array)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(array)
    if dtype.kind not in NUMBERS or math.prod(shape) * dtype.itemsize != size - array.tell():
        raise ValueError("an array is not what its header says")
