"""An embedding table, looked up by id."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("tinygpt_keras")
class DenseEmbedding(keras.layers.Embedding):
    """Keras's Embedding with a dense gradient.

    TensorFlow's sparse gradient of a look-up holds every occurrence of a row separately, and Keras 3.15's Adam squares
    them one by one: a row that occurs n times in a batch gets a second moment up to n times too small.

    Input shape: ids, `(B, T)`.

    Output shape: `(B, T, C)`.
    """

    def call(self, inputs: Any) -> Any:
        """Look up rows: `(B, T)` to `(B, T, C)`."""
        # The product makes the gradient dense; a look-up in the variable itself has a sparse one.
        return ops.take(ops.cast(self.embeddings * 1.0, self.compute_dtype), inputs, axis=0)
