"""A dense layer that reads its matrix with several cores, where there is a single position to multiply."""

import math
from typing import Any

import keras
from keras import ops

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
        *positions, width = inputs.shape
        single = None not in positions and math.prod(positions) == 1
        if not single or width % PARTS or self.compute_dtype != "float32":
            return super().call(inputs, training=training)
        rows = ops.reshape(inputs, (PARTS, 1, width // PARTS))
        matrices = ops.reshape(self.kernel, (PARTS, width // PARTS, self.units))
        outputs = ops.reshape(ops.sum(ops.matmul(rows, matrices), axis=0), (*positions, self.units))
        return self.activation(outputs if self.bias is None else outputs + self.bias)
