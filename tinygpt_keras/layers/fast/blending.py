"""Blending values while some of the weights are dropped, with less memory."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.fast.dropout import Dropout, drop
from tinygpt_keras.layers.fast.products import blend


def blend_dropped(weights: Any, value: Any, dropout: Dropout, training: bool) -> Any:
    """Compute `blend(dropout(weights), value)`.

    For the gradient it is remembered which weights were dropped, and what that left of them is computed once more: to
    keep it, too, would take 150 MB with `nano` and 16 windows. On TensorFlow this has no second derivative.

    Args:
        weights: How much each position takes from each other, `(B, H, T, S)`.
        value: What each position gives, `(B, H, S, D)`.
        dropout: Drops some of the weights.
        training: Whether it acts.

    Returns:
        `(B, H, T, D)`.
    """
    weights, rate = ops.cast(weights, value.dtype), dropout.rate
    if not training or not rate:
        return blend(weights, value)
    kept = dropout.draw(ops.shape(weights))
    # TensorFlow never forgets a gradient's function, so this one does not hold the layer.
    return keras.remat(lambda weights, value: blend(drop(weights, kept, rate), value))(weights, value)
