"""A text as a model reads it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.text.tokenizer import CharTokenizer


@dataclass(frozen=True)
class Reading:
    """A text of T characters, each of which the model predicts from those before it."""

    text: str
    """The T characters."""
    inputs: NDArray[np.int32]
    """`(T,)`: the character before each one. The first follows a new line, or what was cut off."""
    targets: NDArray[np.int32]
    """`(T,)`: the characters."""
    dropped: str
    """Characters of the given text that the model does not know; they are left out."""
    cut: int
    """How many characters at the beginning do not fit into the context."""


def read_text(tokenizer: CharTokenizer, text: str, block_size: int) -> Reading:
    """Prepare a text for a model.

    Args:
        tokenizer: The tokenizer that the model was trained with.
        text: Any text. Of a long one, the last `block_size` characters are read.
        block_size: The longest context of the model.

    Returns:
        The text.

    Raises:
        InputError: When no character is left.
    """
    known, dropped = tokenizer.plain(text)
    if not known:
        raise InputError("the text has no character that the model knows. Give another --text.")
    ids = np.concatenate([[tokenizer.start_id], tokenizer.encode(known)]).astype(np.int32)[-block_size - 1 :]
    return Reading(known[-block_size:], ids[:-1], ids[1:], dropped, max(len(known) - block_size, 0))
