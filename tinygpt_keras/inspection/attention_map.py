"""The attention map: how much each position looked at each earlier one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.models.tiny_gpt import TinyGPT

NO_ATTENTION = "a bigram has no attention and no blocks. Look at another run, or choose --view next or surprise."


def check_has_blocks(model: Any) -> None:
    """Raise an `InputError` if the model is a bigram."""
    if not isinstance(model, TinyGPT):
        raise InputError(NO_ATTENTION)


def attention_map(cache: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Collect the attention weights of all heads.

    Args:
        cache: Inner tensors of one text, as `observe` returns them.

    Returns:
        Weights, `(L, H, T, T)`. Row t belongs to the position that predicts character t: it sums to one and is zero
        after the diagonal.

    Raises:
        InputError: When the model is a bigram.
    """
    return np.stack(of_blocks(cache, "attention.pattern"))


def of_blocks(cache: Mapping[str, NDArray[np.float32]], name: str) -> list[NDArray[np.float32]]:
    """Return one tensor of every block, in order.

    Args:
        cache: Inner tensors of one text.
        name: The tensor's name after `blocks.N.`.

    Raises:
        InputError: When the model is a bigram.
    """
    found = [tensor for key, tensor in cache.items() if key.startswith("blocks.") and key.split(".", 2)[2] == name]
    if not found:
        raise InputError(NO_ATTENTION)
    return found
