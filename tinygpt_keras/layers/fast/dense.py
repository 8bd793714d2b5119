"""A dense layer that reads its matrix with several cores when it multiplies a single position."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

PARTS = 4  # the fastest of 2 to 12 on two cores; from 6 on XLA computes each part with one core


@keras.saving.register_keras_serializable("tinygpt_keras")
class Dense(keras.layers.Dense):
    """Keras's `Dense`, faster for a single position.

    Text is generated one position at a time, and reading the matrices from memory takes most of a step. XLA on a CPU
    reads a matrix with one core; split by its inputs into parts, several cores read it. In half precision the parts
    would be rounded before they are summed, so there Keras's product stays.

    Input shape: `(B, T, C)`.

    Output shape: `(B, T, units)`.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Multiply `(B, T, C)` to `(B, T, units)`; `training` is part of Keras's signature and has no effect."""
        if not self.reads_in_parts(inputs):
            return super().call(inputs, training=training)
        return self.finish(multiply_in_parts(inputs, self.kernel))

    def reads_in_parts(self, inputs: Any) -> bool:
        """Whether the inputs are a single position, in float32, that can be split into parts."""
        *positions, width = inputs.shape
        single = None not in positions and math.prod(positions) == 1
        return single and width % PARTS == 0 and self.compute_dtype == "float32"

    def finish(self, product: Any) -> Any:
        """Add the bias to a product with the matrix and apply the activation: `(B, T, units)` to the same shape."""
        return self.activation(product if self.bias is None else product + self.bias)


def multiply_together(layers: Sequence[Dense], x: Any) -> list[Any]:
    """Apply several layers to the same input.

    A single position needs one product with the concatenated matrices, because starting a product takes as long as
    reading a small matrix. XLA concatenates them once a call; without compilation it happens once a character.

    Args:
        layers: Layers with equally many units.
        x: `(B, T, C)`.

    Returns:
        The output of each layer, `(B, T, units)`.
    """
    if not all(layer.reads_in_parts(x) for layer in layers):
        return [layer(x) for layer in layers]
    kernel = ops.concatenate([layer.kernel for layer in layers], axis=-1)  # (C, 3 units) for three
    outputs = ops.split(multiply_in_parts(x, kernel), len(layers), axis=-1)
    return [layer.finish(output) for layer, output in zip(layers, outputs, strict=True)]


def multiply_in_parts(x: Any, kernel: Any) -> Any:
    """Multiply a single position by a matrix, part by part: `(1, 1, C)` and `(C, units)` to `(1, 1, units)`."""
    *positions, width = x.shape
    rows = ops.reshape(x, (PARTS, 1, width // PARTS))
    matrices = ops.reshape(kernel, (PARTS, width // PARTS, kernel.shape[-1]))
    return ops.reshape(ops.sum(ops.matmul(rows, matrices), axis=0), (*positions, kernel.shape[-1]))
