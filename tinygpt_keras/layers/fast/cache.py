"""The keys and values of the characters so far, with which a new one is compared: nothing is computed twice."""

from typing import Any

import keras
from keras import ops


class Memory:
    """One block's keys and values of the characters so far.

    Args:
        keys: `(B, H, S, D)`; without them the characters that are added are all there are.
        values: `(B, H, S, D)`.
        rows: Where the characters that are added stand in them; see `cache_rows`.
    """

    def __init__(self, keys: Any = None, values: Any = None, rows: Any = None) -> None:
        self.keys = keys
        self.values = values
        self.rows = rows

    def add(self, key: Any, value: Any) -> tuple[Any, Any]:
        """Put new keys and values, `(B, H, T, D)`, into their places, and return all of them: `(B, H, S, D)`."""
        if self.keys is None:
            self.keys, self.values = key, value
        else:
            self.keys, self.values = write(self.keys, key, self.rows), write(self.values, value, self.rows)
        return self.keys, self.values


def cache_rows(positions: Any, num_heads: int) -> Any:
    """Compute where characters stand in a cache; the same for every block, so it is computed once.

    Args:
        positions: Their places, `(B, T)` int32.
        num_heads: H.

    Returns:
        Batch, head and place of each, `(B H T, 3)`.
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
    """Put new keys or values, `(B, H, T, D)`, into their places of a cache, `(B, H, S, D)`."""
    flat = ops.reshape(rows, (-1, ops.shape(rows)[-1]))  # (B H T, D)
    # TensorFlow without XLA, which is `compiled.advance`: it knows no number of rows beforehand.
    if keras.backend.backend() == "tensorflow" and cache.shape[0] is None and rows.shape[2] == 1:
        return overwrite(cache, flat, indices)
    return ops.scatter_update(cache, indices, flat)


def overwrite(cache: Any, rows: Any, indices: Any) -> Any:
    """Write into a cache where it lies.

    TensorFlow's scatter copies all of the cache for every character, which takes as long as all else together; XLA
    and JAX see for themselves that they need not. Whoever still holds the cache as it was sees the new rows, too, but
    does not look at the places after its newest character, and may go on from there once more; what was written
    before from that place is then of no more use.

    Args:
        cache: `(B, H, S, D)`.
        rows: `(N, D)`.
        indices: Their places, `(N, 3)`.

    Returns:
        The same cache.
    """
    import tensorflow as tf

    shape = tf.shape(cache)
    flat = tf.reshape(cache, (-1, shape[-1]))  # (B H S, D)
    place = (indices[:, 0] * shape[1] + indices[:, 1]) * shape[2] + indices[:, 2]
    return tf.reshape(tf.raw_ops.InplaceUpdate(x=flat, i=place, v=rows), shape)
