"""Attention's two products, and how they are computed where one query is compared with many keys."""

from typing import Any

import keras
from keras import ops

# Which products there are, and whether the right side's last letter is the one that is summed over.
TRANSPOSED = {"bhtd,bhsd->bhts": True, "bhts,bhsd->bhtd": False}


def einsum(equation: str, left: Any, right: Any) -> Any:
    """Multiply the matrices of every head.

    It is Keras's. With a single row on the left, as when text is written, TensorFlow on a CPU would hand it to oneDNN,
    which reads the right side at two thirds of the speed of TensorFlow's own product. `BatchMatMulV3` is that product
    under a name that oneDNN does not take over; for two bytes a number it is not to be had.

    Args:
        equation: `bhtd,bhsd->bhts` compares queries with keys, `bhts,bhsd->bhtd` gathers values; others are Keras's.
        left: `(B, H, T, ...)`.
        right: `(B, H, S, D)`.

    Returns:
        `(B, H, T, ...)`.
    """
    single = equation in TRANSPOSED and left.shape[2] == 1 and left.dtype == right.dtype == "float32"
    if not single or keras.backend.backend() != "tensorflow" or isinstance(left, keras.KerasTensor):
        return ops.einsum(equation, left, right)
    import tensorflow as tf

    return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_y=TRANSPOSED[equation])
