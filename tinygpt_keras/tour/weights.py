"""Weights for the steps: random ones, or those of a `TransformerBlock`."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers import TransformerBlock


def random_weights(embed_dim: int, num_heads: int, seed: int) -> dict[str, Any]:
    """Draw weights for every step of the tour.

    Args:
        embed_dim: C, a multiple of H.
        num_heads: The number of heads, H.
        seed: The same seed gives the same weights.

    Returns:
        The weights of `block` and the steps before it, by name. A product with any of the matrices keeps the variance
        of its input.
    """
    seeds = keras.random.SeedGenerator(seed)

    def matrix(rows: int, columns: int) -> Any:
        return keras.random.normal((rows, columns), stddev=rows**-0.5, seed=seeds)

    return {
        "attention_norm": ops.ones(embed_dim),
        **{name: matrix(embed_dim, embed_dim) for name in ("query", "key", "value", "projection")},
        "feed_forward_norm": ops.ones(embed_dim),
        "expansion": matrix(embed_dim, 4 * embed_dim),
        "contraction": matrix(4 * embed_dim, embed_dim),
        "num_heads": num_heads,
    }


def block_weights(layer: TransformerBlock) -> dict[str, Any]:
    """Return a layer's weights by the names of the parameters of the tour's `block`.

    Args:
        layer: A built block that computes the same as the tour's: LayerNorm, ReLU, and no bias.

    Returns:
        The weights by name.

    Raises:
        ValueError: When the layer computes anything else.
    """
    attention, feed_forward = layer.attention, layer.feed_forward
    plain = not attention.qk_norm and attention.scale is None and feed_forward.activation == "relu"
    if layer.get_config()["norm"] != "layernorm" or not plain or len(layer.trainable_weights) != 8:
        raise ValueError(f"{layer.name} is not the tour's block. Build it with LayerNorm, ReLU, and no bias.")
    variables = {
        "attention_norm": layer.attention_norm.gamma,
        "query": attention.query.kernel,
        "key": attention.key.kernel,
        "value": attention.value.kernel,
        "projection": attention.projection.kernel,
        "feed_forward_norm": layer.feed_forward_norm.gamma,
        "expansion": feed_forward.expansion.kernel,
        "contraction": feed_forward.projection.kernel,
    }
    tensors = {name: ops.convert_to_tensor(variable) for name, variable in variables.items()}
    return {**tensors, "num_heads": attention.num_heads}
