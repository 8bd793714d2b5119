"""The attention map: how much each position looked at each other one."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.findings import SELF
from tinygpt_keras.inspection.blocks import of_blocks


def attention_map(cache: Mapping[str, NDArray[np.float32]], kind: str = SELF) -> NDArray[np.float32]:
    """Collect the attention weights of all heads.

    Args:
        cache: Inner tensors of one text, as `observe` returns them.
        kind: One of `KINDS`.

    Returns:
        Weights, `(L, H, T, T)`. Row t has what position t looked at: it sums to one and is zero after the diagonal.
        Of cross-attention, `(L, H, T, S)`, and of an encoder, `(L, H, S, S)`, nothing need be zero.

    Raises:
        InputError: When the model is a bigram.
    """
    stack, _, layer = kind.rpartition(".")
    return np.stack(of_blocks(cache, f"{layer}.pattern", f"{stack}." if stack else ""))


def thumbnails(weights: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Make a small picture of each head's attention: the greatest weight in each of size x size parts.

    Args:
        weights: `(L, H, T, S)`.
        size: The longest side of a picture; where T or S is less, it has as many rows or columns.

    Returns:
        Weights, `(L, H, T or size, S or size)`.
    """
    for axis in (2, 3):
        length = weights.shape[axis]
        begins = np.linspace(0, length, min(size, length), endpoint=False).astype(int)
        weights = np.maximum.reduceat(weights, begins, axis=axis)
    return weights
