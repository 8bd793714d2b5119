"""The two matrix products of attention, with a faster one for a single query."""

from typing import Any

import keras
from keras import ops


def compare(query: Any, key: Any) -> Any:
    """Multiply every query with every key: `(B, H, T, D)` and `(B, H, S, D)` to scores, `(B, H, T, S)`."""
    if not is_single(query, key):
        return ops.einsum("bhtd,bhsd->bhts", query, key)
    return tensorflow_product(query, key, transposed=True)


def blend(weights: Any, value: Any) -> Any:
    """Sum the values by their weights: `(B, H, T, S)` and `(B, H, S, D)` to `(B, H, T, D)`."""
    if not is_single(weights, value):
        return ops.einsum("bhts,bhsd->bhtd", weights, value)
    return tensorflow_product(weights, value, transposed=False)


def is_single(left: Any, right: Any) -> bool:
    """Whether the left side has a single row, as in generation, and TensorFlow has a faster product for it."""
    single = left.shape[2] == 1 and left.dtype == right.dtype == "float32"
    return single and keras.backend.backend() == "tensorflow" and not isinstance(left, keras.KerasTensor)


def tensorflow_product(left: Any, right: Any, transposed: bool) -> Any:
    """Multiply the matrices of every head with TensorFlow's own kernel.

    On a CPU TensorFlow hands its other products to oneDNN, which reads the right side at two thirds of the speed.
    oneDNN does not take over `BatchMatMulV3`, which has no half-precision kernel.

    Args:
        left: `(B, H, 1, ...)`.
        right: `(B, H, S, D)`.
        transposed: Whether to sum over the last axis of `right`.

    Returns:
        `(B, H, 1, ...)`.
    """
    import tensorflow as tf

    return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_y=transposed)
