"""What models of blocks have and a bigram has not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.models.stream import StreamModel

NO_BLOCKS = "a bigram has no attention and no blocks. Look at another run, or at what comes next, surprise or memory."


def check_has_blocks(model: Any) -> None:
    """Raise an `InputError` if the model is a bigram."""
    if not isinstance(model, StreamModel):
        raise InputError(NO_BLOCKS)


def of_blocks(cache: Mapping[str, NDArray[np.float32]], name: str, stack: str = "") -> list[NDArray[np.float32]]:
    """Return one tensor of every block, in order.

    Args:
        cache: Inner tensors of one text.
        name: The tensor's name after `blocks.N.`.
        stack: `encoder.` for the blocks of an encoder.

    Raises:
        InputError: When the model is a bigram.
    """
    begin = f"{stack}blocks."
    found = [
        tensor for key, tensor in cache.items() if key.startswith(begin) and key[len(begin) :].partition(".")[2] == name
    ]
    if not found:
        raise InputError(NO_BLOCKS)
    return found
