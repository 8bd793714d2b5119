"""The scores divided by the square root of the head size.

A score is a sum of D products, so that its size grows with the square root of D.

Softmax makes of large scores, at many positions, one weight near one and all others near zero: such a position listens
to a single other one, which chance chose, and gets hardly any gradient to choose again.

Divided by the square root of D, scores are of the same size in every head, however wide it is.
"""

from typing import Any

from keras import ops

from tinygpt_keras.tour.one_head import one_head


def scaled_head(x: Any, query: Any, key: Any, value: Any) -> dict[str, Any]:
    """Let each position gather from its past, with scores whose size does not depend on the head's.

    Every score is a product with a query, so dividing the queries divides the scores.

    Args:
        x: What each position holds, `(B, T, C)`.
        query: The matrix that makes queries, `(C, D)`.
        key: The matrix that makes keys, `(C, D)`.
        value: The matrix that makes values, `(C, D)`.

    Returns:
        `queries` divided, `keys`, `values`, `(B, T, D)` each; `scores` divided, `weights`, `(B, T, T)` each; `output`,
        `(B, T, D)`.
    """
    head_dim = ops.shape(query)[1]
    return one_head(x, query / head_dim**0.5, key, value)
