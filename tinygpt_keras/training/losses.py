"""The loss of label smoothing and of padded rows."""

from typing import Any

import keras
from keras import ops

UNSMOOTHED = "cross_entropy"  # the metric beside a loss that smooths


@keras.saving.register_keras_serializable("tinygpt_keras")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with a target that is `smoothing` uniform, over the positions of weight one.

    Args:
        smoothing: The part of the target's probability that all classes share.

    Reference: https://arxiv.org/abs/1512.00567, section 7
    """

    def __init__(self, smoothing: float = 0.0, name: str = "smoothed_cross_entropy") -> None:
        super().__init__(name=name, reduction="mean_with_sample_weight")
        self.smoothing = smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each position: targets, `(B, T)`, and logits, `(B, T, V)`, to `(B, T)`."""
        chances = ops.log_softmax(ops.cast(y_pred, "float32"), axis=-1)
        hit = ops.take_along_axis(chances, ops.cast(y_true, "int32")[..., None], axis=-1)[..., 0]
        return -(1 - self.smoothing) * hit - self.smoothing * ops.mean(chances, axis=-1)
