"""Arrays of code points and ids, without a Python object for each character."""

import typing
from collections.abc import Iterable
from typing import Any

if typing.TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNICODE = 0x110000  # all code points are below this
ALIGNMENT = 64  # bytes; TensorFlow reads an array in place only if its address is a multiple of this


def distinct(pieces: Iterable[str]) -> list[str]:
    """Return the distinct characters of a text in pieces, sorted."""
    import numpy as np

    seen = np.zeros(UNICODE, bool)
    for piece in pieces:
        seen[code_points(piece)] = True
    return [chr(point) for point in np.flatnonzero(seen)]


def code_points(text: str) -> "NDArray[np.uint8 | np.uint32]":
    """Return a text's code points as an array of shape `(len(text),)`."""
    import numpy as np

    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def id_dtype(vocab_size: int) -> "np.dtype[Any]":
    """Return the smallest dtype for the ids of a vocabulary: uint8, uint16 or int32."""
    import numpy as np

    smallest = np.min_scalar_type(vocab_size - 1)
    return smallest if smallest.itemsize < 4 else np.dtype(np.int32)


def aligned_empty(count: int, dtype: "np.dtype[Any]") -> "NDArray[Any]":
    """Allocate an array of shape `(count,)`, aligned for TensorFlow: NumPy aligns to 16 bytes only."""
    import numpy as np

    size = count * dtype.itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype)
