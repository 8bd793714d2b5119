"""The same mean, as a product with a matrix.

A mean is a weighted sum, so the means of all positions at once are one matrix of weights times what they hold.

Row t of that matrix says how much position t takes from each position: equal parts from its past, nothing from later.

Those zeros, above the diagonal, are all that keeps a position from looking at what it is to guess.
"""

from typing import Any

from keras import ops


def mean_by_matrix(x: Any) -> dict[str, Any]:
    """Give each position the mean of itself and all positions before it, all at once.

    Args:
        x: What each position holds, `(B, T, C)`.

    Returns:
        `visible`, one where a row's position may see a column's, `(T, T)`; `weights`, its rows divided by their
        sums, `(T, T)`; `output`, the means, `(B, T, C)`.
    """
    length = ops.shape(x)[1]
    visible = ops.tril(ops.ones((length, length)))  # (T, T)
    weights = visible / ops.sum(visible, axis=1, keepdims=True)  # (T, T)
    return {"visible": visible, "weights": weights, "output": weights @ x}  # (B, T, C)
