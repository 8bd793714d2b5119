"""Rotary position embedding: a position is an angle by which queries and keys are turned."""

from typing import Any

from keras import ops

BASE = 10_000.0  # the longest wavelength over 2 pi stays below it, as in RoFormer (https://arxiv.org/abs/2104.09864)


def rotation(positions: Any, head_dim: int) -> tuple[Any, Any]:
    """Compute the cosine and sine of each position's angles.

    Channel pair i turns by `position / BASE ** (2 i / D)`.

    Args:
        positions: Integers of shape `(B, T)` or `(1, T)`.
        head_dim: D, even.

    Returns:
        Cosines and sines, each `(B, 1, T, D / 2)`: the same for every head.
    """
    exponents = ops.arange(0, head_dim, 2, dtype="float32") / head_dim
    frequencies = ops.power(BASE, -exponents)  # (D / 2,)
    angles = ops.cast(positions, "float32")[:, None, :, None] * frequencies  # (B, 1, T, D / 2)
    return ops.cos(angles), ops.sin(angles)


def rotate(x: Any, rotation: tuple[Any, Any]) -> Any:
    """Turn each pair of channels (i, i + D / 2) by its position's angle.

    Afterwards the product of a query and a key depends on where they stand through the distance between them alone.

    Args:
        x: Queries or keys, `(B, H, T, D)`.
        rotation: What `rotation` gave for their positions.

    Returns:
        The turned channels, `(B, H, T, D)`.
    """
    cos, sin = (ops.cast(part, x.dtype) for part in rotation)
    first, second = ops.split(x, 2, axis=-1)  # (B, H, T, D / 2) each
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
