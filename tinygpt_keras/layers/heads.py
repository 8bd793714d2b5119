"""Heads: the channels of a position, divided among H independent attentions."""

from typing import Any

from keras import ops


def split_heads(x: Any, num_heads: int) -> Any:
    """Split the channels into heads: `(B, T, C)` to `(B, H, T, D)`."""
    batch, length, width = ops.shape(x)
    return ops.transpose(ops.reshape(x, (batch, length, num_heads, width // num_heads)), (0, 2, 1, 3))


def join_heads(x: Any) -> Any:
    """Concatenate the heads: `(B, H, T, D)` to `(B, T, C)`."""
    batch, heads, length, head_dim = ops.shape(x)
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (batch, length, heads * head_dim))
