"""The ids of the sources that are replied to, and the end of a reply."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.text.pairs import kept_source
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
        ids = tokenizer.encode(kept_source(tokenizer.plain(source)[0], config.block_size))
        row[: len(ids)] = ids
        row[len(ids)] = config.end_id
    return rows


def until_end(ids: NDArray[Any], end: int) -> tuple[NDArray[Any], bool]:
    """Return the ids, `(T,)`, before the first end or padding, and whether there is one."""
    ends = np.flatnonzero(ids >= end)
    return (ids[: ends[0]], True) if len(ends) else (ids, False)
