"""The ids of the sources that are replied to, and the end of a reply."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.text.encoded_pairs import encode_reply, encode_source
from tinygpt_keras.text.tokenizer import CharTokenizer


def source_ids(config: ModelConfig, tokenizer: CharTokenizer, sources: Sequence[str]) -> NDArray[np.int32]:
    """Encode sources as an encoder-decoder reads them.

    Args:
        config: The model's architecture.
        tokenizer: Its tokenizer; characters outside the vocabulary are replaced or left out.
        sources: Any texts; of a text that is too long, the end is kept.

    Returns:
        Ids with the end's id after each and padding up to the block size, `(B, block_size)`.
    """
    rows = np.full((len(sources), config.block_size), config.padding_id, np.int32)
    for row, source in zip(rows, sources, strict=True):
        ids = encode_source(tokenizer.plain(source)[0], tokenizer, config.block_size)
        row[: len(ids)] = ids
    return rows


def begun_reply(config: ModelConfig, tokenizer: CharTokenizer, written: str) -> NDArray[np.int32]:
    """Encode the beginning of a reply, after which the next symbol is predicted.

    Args:
        config: The model's architecture.
        tokenizer: Its tokenizer; characters outside the vocabulary are replaced or left out.
        written: The reply so far. Of one that fills the block the model has only seen the beginning.

    Returns:
        The start's id and those of the characters, `(T,)` with T up to the block size.
    """
    return encode_reply(tokenizer.plain(written)[0], tokenizer, config.block_size)[:-1]


def until_end(ids: NDArray[Any], end: int) -> tuple[NDArray[Any], bool]:
    """Return the ids, `(T,)`, before the first end or padding, and whether there is one."""
    ends = np.flatnonzero(ids >= end)
    return (ids[: ends[0]], True) if len(ends) else (ids, False)
