"""Surprise: how many bits the model needs for each character."""

import math

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import character_losses


def surprise(logits: NDArray[np.float32], targets: NDArray[np.int32]) -> NDArray[np.float64]:
    """Compute the surprise of each character of a text: minus the base-2 logarithm of its probability.

    The mean, times ln 2, is the loss that training plots.

    Args:
        logits: `(T, V)`.
        targets: The characters' ids, `(T,)`.

    Returns:
        Bits, `(T,)`.
    """
    return character_losses(logits[None], targets[None])[0] / math.log(2)
