"""Looking across: from the reply to the source.

A decoder writes a reply, and looks back over it as a GPT does; then it looks across, at the source that an encoder has
read.

A query is of a position of the reply, as before, but keys and values are of the positions of the source.

So the weights are a table with a row for each character of the reply and a column for each of the source, and nothing
is hidden but padding.
"""

import math
from typing import Any

from keras import ops


def looking_across(x: Any, source: Any, is_there: Any, query: Any, key: Any, value: Any) -> dict[str, Any]:
    """Compute cross-attention with one head.

    Args:
        x: What each position of the reply holds, `(B, T, C)`.
        source: What the encoder has made of each position of the source, `(B, S, C)`.
        is_there: True for the characters of a source, false for padding, `(B, S)`.
        query: The query projection, `(C, D)`.
        key: The key projection, `(C, D)`.
        value: The value projection, `(C, D)`.

    Returns:
        `scores`, every query of the reply times every key of the source, divided, `(B, T, S)`; `weights`, the softmax
        of the visible scores, `(B, T, S)`; `output`, the weighted values of the source, `(B, T, D)`.
    """
    queries = x @ query  # (B, T, D)
    keys, values = source @ key, source @ value  # (B, S, D) each
    scores = queries @ ops.swapaxes(keys, 1, 2) / ops.shape(query)[1] ** 0.5  # (B, T, S)
    visible = is_there[:, None, :]  # (B, 1, S)
    weights = ops.softmax(ops.where(visible, scores, -math.inf), axis=-1)  # (B, T, S)
    return {"scores": scores, "weights": weights, "output": weights @ values}
