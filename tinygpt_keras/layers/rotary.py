"""Rotary position embedding (RoPE): queries and keys are rotated by angles that grow with the position."""

from typing import Any

from keras import ops

BASE = 10_000.0  # the longest wavelength over 2 pi stays below it, as in RoFormer (https://arxiv.org/abs/2104.09864)


def rotation(positions: Any, head_dim: int) -> tuple[Any, Any]:
    """Compute the cosines and sines of each position's angles.

    Channel pair i rotates by `position / BASE ** (2 i / D)`.

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
    """Rotate each pair of channels (i, i + D / 2) by the angle of its position.

    The product of a rotated query and key depends on their positions only through the distance between them.

    Args:
        x: Queries or keys, `(B, H, T, D)`.
        rotation: Cosines and sines, as `rotation` returns them.

    Returns:
        `(B, H, T, D)`.
    """
    cos, sin = (ops.cast(part, x.dtype) for part in rotation)
    first, second = ops.split(x, 2, axis=-1)  # (B, H, T, D / 2) each
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
