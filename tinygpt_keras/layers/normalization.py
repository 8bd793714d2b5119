"""The two normalisations that a block can use, from Keras."""

import keras

EPSILON = 1e-5  # PyTorch's, so that weights trained there give the same logits here


def make_norm(kind: str, bias: bool, name: str, dtype: keras.DTypePolicy) -> keras.layers.Layer:
    """Make a normalisation of the last axis.

    Args:
        kind: `layernorm` (https://arxiv.org/abs/1607.06450) or `rmsnorm` (https://arxiv.org/abs/1910.07467).
        bias: Whether LayerNorm shifts, too; RMSNorm never does.
        name: The layer's name.
        dtype: Its precision.

    Returns:
        A Keras layer.
    """
    if kind == "rmsnorm":
        return keras.layers.RMSNormalization(epsilon=EPSILON, dtype=dtype, name=name)
    return keras.layers.LayerNormalization(epsilon=EPSILON, center=bias, dtype=dtype, name=name)
