"""What models of blocks have and a bigram has not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.models.tiny_gpt import TinyGPT

NO_BLOCKS = "a bigram has no attention and no blocks. Look at another run, or at what comes next, surprise or memory."


def check_has_blocks(model: Any) -> None:
    """Raise an `InputError` if the model is a bigram."""
    if not isinstance(model, TinyGPT):
        raise InputError(NO_BLOCKS)


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
        raise InputError(NO_BLOCKS)
    return found
