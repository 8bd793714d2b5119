"""Attention's two products, and how they are computed where one query is compared with many keys."""

from typing import Any

import keras
from keras import ops


def compare(query: Any, key: Any) -> Any:
    """Multiply every query with every key: `(B, H, T, D)` and `(B, H, S, D)` to scores, `(B, H, T, S)`."""
    if is_single(query, key):
        return tensorflow_product(query, key, transposed=True)
    return ops.einsum("bhtd,bhsd->bhts", query, key)


def blend(weights: Any, value: Any) -> Any:
    """Sum the values, each times its weight: `(B, H, T, S)` and `(B, H, S, D)` to `(B, H, T, D)`."""
    if is_single(weights, value):
        return tensorflow_product(weights, value, transposed=False)
    return ops.einsum("bhts,bhsd->bhtd", weights, value)


def is_single(left: Any, right: Any) -> bool:
    """Whether there is a single row on the left, as when text is written, for which TensorFlow has a faster product."""
    single = left.shape[2] == 1 and left.dtype == right.dtype == "float32"
    return single and keras.backend.backend() == "tensorflow" and not isinstance(left, keras.KerasTensor)


def tensorflow_product(left: Any, right: Any, transposed: bool) -> Any:
    """Multiply the matrices of every head by TensorFlow's own product.

    TensorFlow on a CPU would hand it to oneDNN, which reads the right side at two thirds of the speed.
    `BatchMatMulV3` is TensorFlow's product under a name that oneDNN does not take over; for two bytes a number it is
    not to be had.

    Args:
        left: `(B, H, 1, ...)`.
        right: `(B, H, S, D)`.
        transposed: Whether the right side's last axis is the one that is summed over.

    Returns:
        `(B, H, 1, ...)`.
    """
    import tensorflow as tf

    return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_y=transposed)
