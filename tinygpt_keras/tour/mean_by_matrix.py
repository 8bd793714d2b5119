"""The same mean, as a product with a matrix.

A mean is a weighted sum, so the means of all positions are one matrix of weights times what the positions hold.

Row t of that matrix holds the weights of position t: equal ones for its past and itself, zero for later positions.

These zeros above the diagonal are all that keeps a position from seeing what it has to predict.
"""

from typing import Any

from keras import ops


def mean_by_matrix(x: Any) -> dict[str, Any]:
    """Compute the mean of each position and all positions before it, as one matrix product.

    Args:
        x: What each position holds, `(B, T, C)`.

    Returns:
        `visible`, one where a row's position may see a column's, `(T, T)`; `weights`, its rows divided by their sums,
        `(T, T)`; `output`, the means, `(B, T, C)`.
    """
    length = ops.shape(x)[1]
    visible = ops.tril(ops.ones((length, length)))  # (T, T)
    weights = visible / ops.sum(visible, axis=1, keepdims=True)  # (T, T)
    return {"visible": visible, "weights": weights, "output": weights @ x}  # (B, T, C)
