"""Attention's two products, and how they are computed where one query is compared with many keys."""

from typing import Any

import keras
from keras import ops


def einsum(equation: str, left: Any, right: Any) -> Any:
    """Multiply the matrices of every head.

    It is Keras's. With a single row on the left, as when text is written, TensorFlow on a CPU would hand it to oneDNN,
    which reads the right side half as fast as TensorFlow's own product; that has a name of its own, for float32.

    Args:
        equation: Of the form `bhtd,bhsd->bhts` or `bhts,bhsd->bhtd`: `t` stays, and the left side's last letter is
            summed over.
        left: `(B, H, T, ...)`.
        right: `(B, H, S, D)`.

    Returns:
        `(B, H, T, ...)`.
    """
    if keras.backend.backend() != "tensorflow" or left.shape[2] != 1 or left.dtype != "float32":
        return ops.einsum(equation, left, right)
    import tensorflow as tf

    first, second = equation.split("->")[0].split(",")
    return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_y=first[-1] == second[-1])
