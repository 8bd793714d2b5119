"""A text as a model reads it; of a model that replies, a source and a reply."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.encoded_pairs import encode_reply, encode_source
from tinygpt_keras.text.pairs import END, START, kept_reply, kept_source, known_source
from tinygpt_keras.text.tokenizer import CharTokenizer


@dataclass(frozen=True)
class Reading:
    """What a model reads, and what it predicts of it."""

    text: str
    """The T characters that are read; a reply begins with its start."""
    ids: NDArray[np.int32]
    """`(T,)`: the same as ids."""
    inputs: NDArray[np.int32]
    """`(N,)`: what stands before each predicted character. The first follows a new line, or what was cut off."""
    targets: NDArray[np.int32]
    """`(N,)`: the predicted characters."""
    predicted: str
    """The same as text: all that is read, or a reply without its start and with its end."""
    dropped: str
    """Characters of the given texts that the model does not know; they are left out."""
    cut_text: int = 0
    """How many characters at the beginning of a text do not fit into the context."""
    source: NDArray[np.int32] | None = None
    """`(S,)`: what is replied to, with its end; `None` for a model that continues a text."""
    asked: str = ""
    """The same as text."""
    cut_source: int = 0
    """How many characters at the beginning of a source do not fit into the context."""
    cut_reply: int = 0
    """How many characters at the end of a reply do not fit into the context."""


def read_text(tokenizer: CharTokenizer, text: str, block_size: int) -> Reading:
    """Prepare a text for a model that continues it.

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
    read = known[-block_size:]
    return Reading(read, ids[1:], ids[:-1], ids[1:], read, dropped, cut_text=len(known) - len(read))


def read_pair(tokenizer: CharTokenizer, source: str, reply: str, config: ModelConfig) -> Reading:
    """Prepare a source and a reply to it for an encoder-decoder, cut as for training.

    Args:
        tokenizer: The tokenizer that the model was trained with.
        source: Any text. Of a long one, the end is read.
        reply: Any text. Of a long one, the beginning is read, which then has no end.
        config: The model's architecture.

    Returns:
        The pair.

    Raises:
        InputError: When no character of the source is left.
    """
    block_size = config.block_size
    (asked, unknown), (known, dropped) = known_source(tokenizer, source), tokenizer.plain(reply)
    read, written = kept_source(asked, block_size), kept_reply(known, block_size)
    ids = encode_reply(known, tokenizer, block_size)
    shown, inputs = START + written + END * int(ids[-1] == config.end_id), ids[:-1]
    return Reading(
        shown[:-1],
        inputs,
        inputs,
        ids[1:],
        shown[1:],
        "".join(dict.fromkeys(unknown + dropped)),
        source=encode_source(asked, tokenizer, block_size),
        asked=read + END,
        cut_source=len(asked) - len(read),
        cut_reply=len(known) - len(written),
    )
