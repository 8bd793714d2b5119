"""The same mean, as a softmax over scores.

Softmax turns any scores into weights that are positive and sum to one, and a score of minus infinity into exactly zero.

If every visible score is zero, all visible positions get the same weight, and the result is the mean again.

But scores need not be zero: if positions could choose them, each would choose where to gather from.
"""

import math
from typing import Any

from keras import ops


def mean_by_softmax(x: Any) -> dict[str, Any]:
    """Compute the mean of each position and all positions before it, as a softmax of masked scores.

    Args:
        x: What each position holds, `(B, T, C)`.

    Returns:
        `scores`, zero where a row's position may see a column's and minus infinity elsewhere, `(T, T)`;
        `weights`, their softmax, `(T, T)`; `output`, the means, `(B, T, C)`.
    """
    length = ops.shape(x)[1]
    visible = ops.tril(ops.ones((length, length), "bool"))  # (T, T)
    scores = ops.where(visible, 0.0, -math.inf)  # (T, T)
    weights = ops.softmax(scores, axis=-1)  # (T, T)
    return {"scores": scores, "weights": weights, "output": weights @ x}  # (B, T, C)
