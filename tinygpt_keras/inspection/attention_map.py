"""The attention map: how much each position looked at each earlier one."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.inspection.blocks import of_blocks


def attention_map(cache: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Collect the attention weights of all heads.

    Args:
        cache: Inner tensors of one text, as `observe` returns them.

    Returns:
        Weights, `(L, H, T, T)`. Row t has what position t looked at: it sums to one and is zero after the diagonal.

    Raises:
        InputError: When the model is a bigram.
    """
    return np.stack(of_blocks(cache, "attention.pattern"))


def thumbnails(weights: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Make a small picture of each head's attention: the greatest weight in each of size x size parts.

    Args:
        weights: `(L, H, T, T)`.
        size: The longest side of a picture; a shorter text has one of T x T.

    Returns:
        Weights, `(L, H, S, S)`.
    """
    length = weights.shape[-1]
    begins = np.linspace(0, length, min(size, length), endpoint=False).astype(int)
    return np.maximum.reduceat(np.maximum.reduceat(weights, begins, axis=2), begins, axis=3)
