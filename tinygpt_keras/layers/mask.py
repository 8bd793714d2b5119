"""What may not be seen, as numbers that are taken from scores."""

from typing import Any

from keras import ops

MASKED = 1e9  # a score that is lowered by so much is exactly zero after the softmax


def mask(visible: Any) -> Any:
    """Turn what may be seen into what is taken from scores.

    That costs a training step less than choosing, since the gradient of a difference passes through as it is. And it is
    no sum, as TensorFlow would fuse a product and a sum that is broadcast into one operation, a hundred times as slow.

    Args:
        visible: True where a query may see a key, of any shape.

    Returns:
        0 there and `MASKED` elsewhere, float32 of the same shape.
    """
    return ops.where(visible, 0.0, MASKED)


def causal_mask(length: int) -> Any:
    """Let each position see itself and those before it, `(1, 1, T, T)`."""
    position = ops.arange(length)
    return mask(position[:, None] >= position[None, :])[None, None]
