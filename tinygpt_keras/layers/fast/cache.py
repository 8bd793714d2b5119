"""The keys and values of the characters so far, with which a new one is compared: nothing is computed twice."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Placement(NamedTuple):
    """Where new characters stand in a cache; the same for every block, so it is computed once."""

    indices: Any
    """Their rows in the cache, `(B H T, 3)`; `None` when they are the first, all in order: then they are the cache."""
    visible: Any
    """What each of them may see of the cache, `(B, 1, T, S)`."""


def place(positions: Any, num_heads: int, cache_size: int) -> Placement:
    """Compute where characters stand in a cache.

    Args:
        positions: Their places, `(B, T)` int32.
        num_heads: H.
        cache_size: S.

    Returns:
        Their placement: each sees its own place and those before it.
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
    visible = ops.arange(cache_size, dtype="int32") <= positions[:, None, :, None]
    return Placement(ops.reshape(indices, (-1, 3)), visible)


def write_cache(cache: Any, rows: Any, placement: Placement) -> Any:
    """Put new keys or values, `(B, H, T, D)`, into their places of a cache, `(B, H, S, D)`."""
    if placement.indices is None:
        return rows
    flat = ops.reshape(rows, (-1, ops.shape(rows)[-1]))  # (B H T, D)
    # TensorFlow without XLA, which is `compiled.advance`: it knows no number of rows beforehand.
    if keras.backend.backend() == "tensorflow" and cache.shape[0] is None and rows.shape[2] == 1:
        return overwrite(cache, flat, placement.indices)
    return ops.scatter_update(cache, placement.indices, flat)


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
