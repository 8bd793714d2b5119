"""What is visible: which positions a position may gather information from.

A GPT, and a decoder among its own symbols, use the causal mask; an encoder, and a decoder that looks across at its
output, the padding mask.
"""

from typing import Any

from keras import ops


def causal_mask(positions: Any, size: Any) -> Any:
    """Compute which of `size` positions, S, each of `positions`, `(B, T)`, may see: itself and the earlier ones.

    Returns:
        Booleans, `(B, 1, T, S)`, the same for every head.
    """
    return ops.arange(size, dtype="int32") <= ops.cast(positions, "int32")[:, None, :, None]


def padding_mask(is_there: Any) -> Any:
    """Compute which positions any position may see: those that are no padding, `(B, S)` booleans.

    Returns:
        Booleans, `(B, 1, 1, S)`, the same for every head and every position that looks.
    """
    return is_there[:, None, None, :]
