"""Several heads side by side.

One head gives each position one set of weights, so it can look for one thing at a time.

Several narrow heads look for several things at once, each with queries, keys and values of its own, and have no more
numbers to learn than one wide head.

What they gathered is laid side by side, and a last matrix, the projection, mixes it.
"""

from typing import Any

from keras import ops

from tinygpt_keras.tour.scaled_head import scaled_head


def several_heads(x: Any, query: Any, key: Any, value: Any, projection: Any, num_heads: int) -> dict[str, Any]:
    """Let each position gather from its past for several reasons at once.

    Args:
        x: What each position holds, `(B, T, C)`.
        query: The matrices of all heads that make queries, side by side, `(C, C)`.
        key: Those that make keys, `(C, C)`.
        value: Those that make values, `(C, C)`.
        projection: The matrix that mixes what the heads gathered, `(C, C)`.
        num_heads: H; C is H times D.

    Returns:
        `weights` of each head, `(B, H, T, T)`; `gathered` by all, `(B, T, C)`; `output`, that mixed, `(B, T, C)`.
    """
    matrices = [ops.split(matrix, num_heads, axis=1) for matrix in (query, key, value)]  # 3 H of (C, D)
    heads = [scaled_head(x, *three) for three in zip(*matrices, strict=True)]
    weights = ops.stack([head["weights"] for head in heads], axis=1)  # (B, H, T, T)
    gathered = ops.concatenate([head["output"] for head in heads], axis=-1)  # (B, T, C)
    return {"weights": weights, "gathered": gathered, "output": gathered @ projection}  # (B, T, C)
