"""Sinusoidal positions: waves of lengths from 2 pi to 10,000 times that, added to the embeddings."""

from typing import Any

from keras import ops

LONGEST = 10_000.0  # over 2 pi, as in the paper


def sinusoids(positions: Any, width: int) -> Any:
    """Compute the position embedding of "Attention Is All You Need" (https://arxiv.org/abs/1706.03762, section 3.5).

    Channel 2 i is `sin(position / 10,000 ** (2 i / C))`, and channel 2 i + 1 the cosine of the same angle.

    Args:
        positions: Integers of shape `(B, T)` or `(1, T)`.
        width: C, even.

    Returns:
        `(B, T, C)` in float32.
    """
    frequencies = ops.power(LONGEST, -ops.arange(0, width, 2, dtype="float32") / width)  # (C / 2,)
    angles = ops.cast(positions, "float32")[..., None] * frequencies  # (B, T, C / 2)
    waves = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)  # (B, T, C / 2, 2)
    return ops.reshape(waves, (*ops.shape(angles)[:-1], width))
