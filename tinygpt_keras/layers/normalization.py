"""Layer and RMS normalisation."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.fast.standardize import EPSILON, standardize


class LayerNormalization(keras.layers.LayerNormalization):
    """Keras's layer over the last axis, with `EPSILON`, a scale and a faster gradient.

    Input and output shape: `(..., C)`.

    Reference: https://arxiv.org/abs/1607.06450
    """

    def call(self, inputs: Any) -> Any:
        """Normalise, then apply the learned scale and bias: `(..., C)` to `(..., C)`."""
        outputs = standardize(ops.cast(inputs, "float32")) * self.gamma
        if self.beta is not None:
            outputs = outputs + self.beta
        return ops.cast(outputs, self.compute_dtype)


def make_norm(kind: str, bias: bool, name: str, dtype: keras.DTypePolicy) -> keras.layers.Layer:
    """Make a normalisation layer over the last axis.

    Args:
        kind: `layernorm` (https://arxiv.org/abs/1607.06450) or `rmsnorm` (https://arxiv.org/abs/1910.07467).
        bias: Whether LayerNorm has a bias; RMSNorm never has one.
        name: The layer's name.
        dtype: Its dtype policy.

    Returns:
        A Keras layer.
    """
    if kind == "rmsnorm":
        return keras.layers.RMSNormalization(epsilon=EPSILON, dtype=dtype, name=name)
    return LayerNormalization(epsilon=EPSILON, center=bias, dtype=dtype, name=name)
