"""What may not be seen, as numbers that are added to scores."""

from typing import Any

from keras import ops

MASKED = -1e9  # a score that is lowered by so much is exactly zero after the softmax


def mask(visible: Any) -> Any:
    """Turn what may be seen into what is added to scores.

    Adding costs a training step less than choosing: the gradient of a sum passes through as it is.

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
