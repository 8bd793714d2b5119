"""A dense layer that reads its matrix with several cores, where there is a single position to multiply."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.initialization import Initialization

PARTS = 4  # of 2 to 12 the fastest on two cores; from 6 on XLA computes each with one


@keras.saving.register_keras_serializable("tinygpt_keras")
class Dense(keras.layers.Dense):
    """Keras's, with a product of its own for a single position.

    A text is written one position at a time, and a step takes as long as it takes to read every matrix from memory.
    XLA on a CPU would read a matrix with one core; cut into parts, each for some of the inputs, it is read by several.
    In half precision it is Keras's product altogether, as the parts would be rounded before they are summed.

    Input shape: `(B, T, C)`.

    Output shape: `(B, T, units)`.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Multiply.

        Args:
            inputs: `(B, T, C)`.
            training: Taken as Keras's takes it; nothing depends on it.

        Returns:
            `(B, T, units)`.
        """
        if not self.reads_in_parts(inputs):
            return super().call(inputs, training=training)
        return self.finish(multiply_in_parts(inputs, self.kernel))

    def reads_in_parts(self, inputs: Any) -> bool:
        """Say whether there is a single position, and nothing against cutting the matrix into parts."""
        *positions, width = inputs.shape
        single = None not in positions and math.prod(positions) == 1
        return single and width % PARTS == 0 and self.compute_dtype == "float32"

    def finish(self, product: Any) -> Any:
        """Make the output of a product with the matrix: `(B, T, units)`, with the bias and through the activation."""
        return self.activation(product if self.bias is None else product + self.bias)


def make_dense(
    name: str,
    inputs: int,
    outputs: int,
    bias: bool,
    initialization: Initialization,
    dtype: Any,
    residual: bool = False,
) -> Dense:
    """Make a built layer.

    Args:
        name: Its name.
        inputs: How many numbers a position comes with.
        outputs: How many it leaves with.
        bias: Whether it has a bias.
        initialization: Which first weights.
        dtype: The precision, as Keras takes it.
        residual: Whether its output is added to the residual stream.

    Returns:
        The layer, with its weights.
    """
    layer = Dense(
        outputs,
        use_bias=bias,
        kernel_initializer=initialization.kernel(inputs, residual),
        bias_initializer=initialization.bias(inputs),
        dtype=dtype,
        name=name,
    )
    layer.build((None, None, inputs))
    return layer


def multiply_in_parts(x: Any, kernel: Any) -> Any:
    """Multiply a single position with a matrix, part by part: `(1, 1, C)` and `(C, units)` to `(1, 1, units)`."""
    *positions, width = x.shape
    rows = ops.reshape(x, (PARTS, 1, width // PARTS))
    matrices = ops.reshape(kernel, (PARTS, width // PARTS, kernel.shape[-1]))
    return ops.reshape(ops.sum(ops.matmul(rows, matrices), axis=0), (*positions, kernel.shape[-1]))


def multiply_together(layers: Sequence[Dense], x: Any) -> list[Any]:
    """Apply several layers to the same input.

    For a single position it is one product with their matrices side by side, as starting a product takes as long as
    reading a small matrix. XLA lays them side by side once a call; where nothing compiles it is once a character.

    Args:
        layers: As many units each.
        x: `(B, T, C)`.

    Returns:
        Of each layer `(B, T, units)`.
    """
    if not all(layer.reads_in_parts(x) for layer in layers):
        return [layer(x) for layer in layers]
    kernel = ops.concatenate([layer.kernel for layer in layers], axis=-1)  # (C, 3 units) for three
    outputs = ops.split(multiply_in_parts(x, kernel), len(layers), axis=-1)
    return [layer.finish(output) for layer, output in zip(layers, outputs, strict=True)]
