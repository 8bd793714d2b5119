"""The key/value cache: keys and values of earlier positions, so that none is computed twice."""

from typing import Any

import keras
from keras import ops


class Memory:
    """The key/value cache of one block.

    Args:
        keys: `(B, H, S, D)`; `None` for an empty cache.
        values: `(B, H, S, D)`.
        rows: The places of the keys and values to add, as `cache_rows` returns them.
    """

    def __init__(self, keys: Any = None, values: Any = None, rows: Any = None) -> None:
        self.keys = keys
        self.values = values
        self.rows = rows

    def add(self, key: Any, value: Any) -> tuple[Any, Any]:
        """Add new keys and values, `(B, H, T, D)`, and return all of them, `(B, H, S, D)`."""
        if self.keys is None:
            self.keys, self.values = key, value
        else:
            self.keys, self.values = write(self.keys, key, self.rows), write(self.values, value, self.rows)
        return self.keys, self.values


def cache_rows(positions: Any, num_heads: int) -> Any:
    """Compute where positions stand in the cache; every block uses the same result.

    Args:
        positions: `(B, T)` int32.
        num_heads: H.

    Returns:
        Batch, head and position of each row, `(B H T, 3)`.
    """
    batch, length = ops.shape(positions)
    grid = (batch, num_heads, length)
    indices = ops.stack(
        (
            ops.broadcast_to(ops.arange(batch, dtype="int32")[:, None, None], grid),
            ops.broadcast_to(ops.arange(num_heads, dtype="int32")[None, :, None], grid),
            ops.broadcast_to(positions[:, None, :], grid),
        ),
        axis=-1,
    )
    return ops.reshape(indices, (-1, 3))


def write(cache: Any, rows: Any, indices: Any) -> Any:
    """Write rows, `(B, H, T, D)`, into a cache, `(B, H, S, D)`, at `indices`, `(B H T, 3)`."""
    flat = ops.reshape(rows, (-1, ops.shape(rows)[-1]))  # (B H T, D)
    if not writes_in_place(cache, rows):
        return ops.scatter_update(cache, indices, flat)
    return write_in_place(cache, flat, indices)


def writes_in_place(cache: Any, rows: Any) -> bool:
    """Whether one position is written by TensorFlow without XLA: there the batch size is unknown when it is traced."""
    return keras.backend.backend() == "tensorflow" and cache.shape[0] is None and rows.shape[2] == 1


def write_in_place(cache: Any, rows: Any, indices: Any) -> Any:
    """Write rows into the memory of a cache.

    TensorFlow's scatter copies the whole cache for every character, which doubles the time of a step. XLA and JAX avoid
    the copy themselves. Older states alias this cache but never read past their own length; to continue from one of
    them overwrites what came after it.

    Args:
        cache: `(B, H, S, D)`.
        rows: `(N, D)`.
        indices: Places of the rows, `(N, 3)`.

    Returns:
        The same cache.
    """
    import tensorflow as tf

    shape = tf.shape(cache)
    flat = tf.reshape(cache, (-1, shape[-1]))  # (B H S, D)
    place = (indices[:, 0] * shape[1] + indices[:, 1]) * shape[2] + indices[:, 2]
    return tf.reshape(tf.raw_ops.InplaceUpdate(x=flat, i=place, v=rows), shape)
