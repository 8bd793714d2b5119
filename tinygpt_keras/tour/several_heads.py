"""Several heads side by side.

One head computes one set of weights for each position, so a position can look for only one thing.

Several narrow heads look for several things at once, each with its own queries, keys and values, and have no more
parameters than one wide head.

Their outputs are concatenated, and a last matrix, the projection, mixes them.
"""

from typing import Any

from keras import ops

from tinygpt_keras.tour.scaled_head import scaled_head


def several_heads(x: Any, query: Any, key: Any, value: Any, projection: Any, num_heads: int) -> dict[str, Any]:
    """Compute causal attention with several heads.

    Args:
        x: What each position holds, `(B, T, C)`.
        query: The query projections of all heads, side by side, `(C, C)`.
        key: The key projections, `(C, C)`.
        value: The value projections, `(C, C)`.
        projection: The output projection, `(C, C)`.
        num_heads: The number of heads, H; C is H times D.

    Returns:
        `weights` of each head, `(B, H, T, T)`; `gathered`, the heads' outputs concatenated, `(B, T, C)`; `output`,
        their projection, `(B, T, C)`.
    """
    matrices = [ops.split(matrix, num_heads, axis=1) for matrix in (query, key, value)]  # 3 H of (C, D)
    heads = [scaled_head(x, *three) for three in zip(*matrices, strict=True)]
    weights = ops.stack([head["weights"] for head in heads], axis=1)  # (B, H, T, T)
    gathered = ops.concatenate([head["output"] for head in heads], axis=-1)  # (B, T, C)
    return {"weights": weights, "gathered": gathered, "output": gathered @ projection}  # (B, T, C)
