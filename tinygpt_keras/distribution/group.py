"""The exchange between the processes of a run."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORT, LONG = 2**10, 2**22  # bytes sent at once: two shapes, so that JAX compiles sending twice and no more


class Group(Protocol):
    """The processes of a run, of which 0 is the first."""

    index: int
    """The number of this process."""
    count: int
    """How many there are."""
    devices: int
    """How many devices must divide a batch."""
    repeated: Sequence[str]
    """The flags with which the first process trains in as many processes again."""

    def share(self, value: Any) -> Any:
        """Return the first process's value, anything that JSON can hold, in every process."""
        ...

    def share_arrays(self, arrays: Mapping[str, "NDArray[Any]"]) -> Mapping[str, "NDArray[Any]"]:
        """Return the first process's arrays by name, in every process."""
        ...

    def any(self, *flags: bool) -> list[bool]:
        """Return for each flag whether it is set in any process."""
        ...

    def leave(self) -> None:
        """Wait until all processes have come to their end, and part."""
        ...


class Alone:
    """A single process, which exchanges nothing."""

    index, count, devices = 0, 1, 1
    repeated: Sequence[str] = ()

    def share(self, value: Any) -> Any:
        """Return the value."""
        return value

    def share_arrays(self, arrays: Mapping[str, "NDArray[Any]"]) -> Mapping[str, "NDArray[Any]"]:
        """Return the arrays."""
        return arrays

    def any(self, *flags: bool) -> list[bool]:
        """Return the flags."""
        return [*flags]

    def leave(self) -> None:
        """Do nothing."""


class Joined:
    """Processes that JAX has joined; they exchange values by the same sums as gradients.

    Args:
        index: The number of this process.
        count: How many there are.
        devices: How many devices they have together.
        repeated: The flags that start as many again.
    """

    def __init__(self, index: int, count: int, devices: int, repeated: Sequence[str] = ()) -> None:
        self.index = index
        self.count = count
        self.devices = devices
        self.repeated = repeated
        self.has_shared = False

    def share(self, value: Any) -> Any:
        """Return the first process's value in every process."""
        import numpy as np

        self.has_shared = True
        content = np.frombuffer(json.dumps(value).encode(), np.uint8)
        length = int(self._send(np.array([len(content)], np.int64).view(np.uint8), SHORT)[:8].view(np.int64)[0])
        return json.loads(b"".join(part.tobytes() for part in self._send_all(content, length)))

    def share_arrays(self, arrays: Mapping[str, "NDArray[Any]"]) -> Mapping[str, "NDArray[Any]"]:
        """Return the first process's arrays in every process; elsewhere they lie in a file without a name."""
        import numpy as np

        described: Any = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
        found: dict[str, Any] = {}
        for name, (dtype, shape) in self.share(described).items():
            if self.index == 0:
                found[name] = arrays[name]
                content = np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8)
                for _ in self._send_all(content, len(content)):
                    pass
            else:
                found[name] = self._receive(np.dtype(dtype), tuple(shape))
        return found

    def any(self, *flags: bool) -> list[bool]:
        """Return for each flag whether it is set in any process."""
        import numpy as np
        from jax.experimental import multihost_utils

        everywhere = np.asarray(multihost_utils.process_allgather(np.array(flags, np.int32)))
        return [bool(each.any()) for each in everywhere.reshape(self.count, len(flags)).T]

    def leave(self) -> None:
        """Wait until all processes have come to their end, and part."""
        import jax

        jax.distributed.shutdown()

    def _receive(self, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> "NDArray[Any]":
        """Receive an array from the first process."""
        import numpy as np

        length = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        # Not in memory, as a text may be larger. The system removes the file with the last use of its pages.
        with tempfile.TemporaryFile() as file:
            content = np.memmap(file, np.uint8, "w+", shape=(max(length, 1),))
        done = 0
        for part in self._send_all(content[:0], length):
            content[done : done + len(part)] = part
            done += len(part)
        return np.asarray(content[:length].view(dtype).reshape(shape))

    def _send_all(self, content: "NDArray[np.uint8]", length: int) -> "Iterator[NDArray[np.uint8]]":
        """Send bytes from the first process in pieces, and yield the pieces as they arrive in every process.

        Args:
            content: The first process's bytes; ignored elsewhere.
            length: How many there are, known to all.
        """
        size = SHORT if length <= SHORT else LONG
        for start in range(0, length, size):
            yield self._send(content[start : start + size], size)[: length - start]

    def _send(self, content: "NDArray[np.uint8]", size: int) -> "NDArray[np.uint8]":
        """Send up to `size` bytes from the first process to all, and return them with what fills them up."""
        import numpy as np
        from jax.experimental import multihost_utils

        filled = np.zeros(size, np.uint8)
        if self.index == 0:
            filled[: len(content)] = content
        return np.asarray(multihost_utils.broadcast_one_to_all(filled))
