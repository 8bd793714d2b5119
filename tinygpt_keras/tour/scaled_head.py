"""The scores divided by the square root of the head size.

A score is a sum of D products, so its size grows with the square root of D.

From large scores, softmax often makes one weight near one and all others near zero: the position listens to a single
other one, chosen by chance, and gets hardly any gradient to change that.

Divided by the square root of D, scores have the same size at every head size.
"""

from typing import Any

from keras import ops

from tinygpt_keras.tour.one_head import one_head


def scaled_head(x: Any, query: Any, key: Any, value: Any) -> dict[str, Any]:
    """Compute causal attention with one head, the scores divided by the square root of D.

    Every score is a product with a query, so dividing the queries divides the scores.

    Args:
        x: What each position holds, `(B, T, C)`.
        query: The query projection, `(C, D)`.
        key: The key projection, `(C, D)`.
        value: The value projection, `(C, D)`.

    Returns:
        `queries`, already divided, `keys` and `values`, `(B, T, D)` each; `scores`, scaled, and `weights`, `(B, T, T)`
        each; `output`, `(B, T, D)`.
    """
    head_dim = ops.shape(query)[1]
    return one_head(x, query / head_dim**0.5, key, value)
