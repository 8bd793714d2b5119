"""The block: communication, then computation.

Attention moves information between positions; the feed-forward then processes it, at each position separately.

Both add their output to what a position holds instead of replacing it: that sum is the residual stream, and it runs
through all blocks.

Both read a normalised copy of the stream, so that its size does not matter to them: this is a pre-norm block.
"""

from typing import Any

from keras import ops

from tinygpt_keras.layers.normalization import EPSILON
from tinygpt_keras.tour.several_heads import several_heads


def block(
    x: Any,
    attention_norm: Any,
    query: Any,
    key: Any,
    value: Any,
    projection: Any,
    feed_forward_norm: Any,
    expansion: Any,
    contraction: Any,
    num_heads: int,
) -> dict[str, Any]:
    """Pass the residual stream through one block.

    Args:
        x: The residual stream, `(B, T, C)`.
        attention_norm: The scale of the LayerNorm before attention, `(C,)`.
        query: See `several_heads`, `(C, C)`.
        key: Likewise, `(C, C)`.
        value: Likewise, `(C, C)`.
        projection: Likewise, `(C, C)`.
        feed_forward_norm: The scale of the LayerNorm before the feed-forward, `(C,)`.
        expansion: The feed-forward's first matrix, `(C, 4 C)`.
        contraction: The feed-forward's second matrix, `(4 C, C)`.
        num_heads: The number of heads, H.

    Returns:
        `weights`, the attention weights, `(B, H, T, T)`; `heard`, what attention adds, `(B, T, C)`; `made`, what the
        feed-forward adds, `(B, T, C)`; `output`, the stream after both, `(B, T, C)`.
    """
    normed = ops.layer_normalization(x, gamma=attention_norm, epsilon=EPSILON)  # (B, T, C)
    attention = several_heads(normed, query, key, value, projection, num_heads)
    heard = attention["output"]  # (B, T, C)
    x = x + heard
    normed = ops.layer_normalization(x, gamma=feed_forward_norm, epsilon=EPSILON)  # (B, T, C)
    made = ops.relu(normed @ expansion) @ contraction  # (B, T, C)
    return {"weights": attention["weights"], "heard": heard, "made": made, "output": x + made}
