"""Looking both ways: the encoder.

A text that is only read has no next character to hide, so each position may see the later ones, too.

The triangle is gone, and all else stays the same: queries, keys, values, scores divided by the square root of D.

One mask is left: the texts of a batch are filled up to the same length with padding, and nobody sees that.
"""

import math
from typing import Any

from keras import ops


def looking_both_ways(x: Any, is_there: Any, query: Any, key: Any, value: Any) -> dict[str, Any]:
    """Compute an encoder's attention with one head.

    Args:
        x: What each position holds, `(B, T, C)`.
        is_there: True for the characters of a text, false for padding, `(B, T)`.
        query: The query projection, `(C, D)`.
        key: The key projection, `(C, D)`.
        value: The value projection, `(C, D)`.

    Returns:
        `scores`, every query times every key, divided, `(B, T, T)`; `weights`, the softmax of the visible scores,
        `(B, T, T)`; `output`, the weighted values, `(B, T, D)`.
    """
    queries, keys, values = x @ query, x @ key, x @ value  # (B, T, D) each
    scores = queries @ ops.swapaxes(keys, 1, 2) / ops.shape(query)[1] ** 0.5  # (B, T, T)
    visible = is_there[:, None, :]  # (B, 1, T), the same for every position that looks
    weights = ops.softmax(ops.where(visible, scores, -math.inf), axis=-1)  # (B, T, T)
    return {"scores": scores, "weights": weights, "output": weights @ values}
