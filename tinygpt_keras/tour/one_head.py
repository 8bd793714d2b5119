"""Query, key and value: each position chooses.

Each position computes a query, which says what it looks for, a key, which says what it can be found by, and a value,
which is what it hands over.

The score of two positions is the dot product of the one's query and the other's key: large if they point the same way.

Those scores replace the zeros, and all else stays the same: mask, softmax, weighted sum.
"""

import math
from typing import Any

from keras import ops


def one_head(x: Any, query: Any, key: Any, value: Any) -> dict[str, Any]:
    """Compute causal attention with one head.

    Args:
        x: What each position holds, `(B, T, C)`.
        query: The query projection, `(C, D)`.
        key: The key projection, `(C, D)`.
        value: The value projection, `(C, D)`.

    Returns:
        `queries`, `keys` and `values`, `(B, T, D)` each; `scores`, every query times every key, `(B, T, T)`;
        `weights`, the softmax of the visible scores, `(B, T, T)`; `output`, the weighted values, `(B, T, D)`.
    """
    queries, keys, values = x @ query, x @ key, x @ value  # (B, T, D) each
    scores = queries @ ops.swapaxes(keys, 1, 2)  # (B, T, T)
    length = ops.shape(x)[1]
    visible = ops.tril(ops.ones((length, length), "bool"))  # (T, T)
    weights = ops.softmax(ops.where(visible, scores, -math.inf), axis=-1)  # (B, T, T)
    output = weights @ values  # (B, T, D)
    return {
        "queries": queries,
        "keys": keys,
        "values": values,
        "scores": scores,
        "weights": weights,
        "output": output,
    }
