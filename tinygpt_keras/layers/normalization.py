"""The two normalisations that a block can use."""

from typing import Any

import keras
from keras import ops

EPSILON = 1e-5  # PyTorch's, so that weights trained there give the same logits here


@ops.custom_gradient
def standardize(x: Any) -> tuple[Any, Any]:
    """Shift and scale each position's channels to a mean of zero and a variance of one.

    Its gradient is written out: what TensorFlow derives passes over the numbers several times as often, and keeps more
    of them until it is asked for.

    Args:
        x: `(..., C)`, in float32 at least.

    Returns:
        `(..., C)`.
    """
    centered = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centered), axis=-1, keepdims=True) + EPSILON)  # (..., 1)
    standard = centered * scale

    def gradient(upstream: Any) -> Any:
        along = ops.mean(upstream * standard, axis=-1, keepdims=True)
        return scale * (upstream - ops.mean(upstream, axis=-1, keepdims=True) - standard * along)

    return standard, gradient


class LayerNormalization(keras.layers.LayerNormalization):
    """Keras's, of the last axis, with `EPSILON` and a scale, and with a gradient that is written out.

    Input shape: `(..., C)`.

    Output shape: the input's.

    Reference: https://arxiv.org/abs/1607.06450
    """

    def call(self, inputs: Any) -> Any:
        """Normalise, then scale and shift by what was learned.

        Args:
            inputs: `(..., C)`.

        Returns:
            `(..., C)`.
        """
        outputs = standardize(ops.cast(inputs, "float32")) * self.gamma
        if self.beta is not None:
            outputs = outputs + self.beta
        return ops.cast(outputs, self.compute_dtype)


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
    return LayerNormalization(epsilon=EPSILON, center=bias, dtype=dtype, name=name)
