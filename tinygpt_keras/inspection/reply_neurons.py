"""What the hidden units of a decoder detect, measured on held-out replies."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import texts_at_once
from tinygpt_keras.inspection.concepts import CONCEPTS, concepts
from tinygpt_keras.inspection.forward import forward
from tinygpt_keras.inspection.neurons import CHARACTERS, told
from tinygpt_keras.models.transformer import Transformer
from tinygpt_keras.text.encoded_pairs import EncodedPairs
from tinygpt_keras.text.tokenizer import CharTokenizer

PAIRS = 256  # in one batch, at most


def reply_selectivity(
    model: Transformer, tokenizer: CharTokenizer, pairs: EncodedPairs
) -> dict[str, NDArray[np.float64]]:
    """Measure how well each hidden unit of the decoder tells each concept; see `selectivity`.

    Args:
        model: A built `Transformer`.
        tokenizer: The model's tokenizer.
        pairs: Pairs that the model has not learned; the first `CHARACTERS` of their replies are read.

    Returns:
        The areas of `selectivity`. A concept holds within a reply: its beginning is the beginning of a line.
    """
    lengths = np.diff(pairs.reply_starts)
    count = max(int(np.searchsorted(lengths.cumsum(), CHARACTERS)), 1)
    rows = np.arange(count)
    texts = [pairs.text(row, tokenizer).reply[: model.config.block_size - 1] for row in rows]
    found = [concepts(text) for text in texts]
    marks = {name: np.concatenate([each[name] for each in found]) for name in CONCEPTS}
    return told(marks, hidden_units(model, pairs, rows))


def hidden_units(model: Transformer, pairs: EncodedPairs, rows: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
    """Yield the hidden units of one block after the other, `(N, hidden)`, at each of the N characters of replies."""
    at_once = texts_at_once(model.config, max(pairs.widths), PAIRS)
    batches = [pairs.take(rows[first : first + at_once])[:2] for first in range(0, len(rows), at_once)]
    for block in range(model.config.num_layers):
        yield np.concatenate([at_characters(model, *batch, f"blocks.{block}.feed_forward.hidden") for batch in batches])


def at_characters(
    model: Transformer, source: NDArray[np.int32], reply: NDArray[np.int32], wanted: str
) -> NDArray[np.float32]:
    """Return an inner tensor at the characters of replies, `(N, ...)`, without their starts and padding."""
    kept: list[Any] = []

    def keep(name: str, tensor: Any) -> Any:
        if name == wanted:
            kept.append(tensor)
        return tensor

    forward(model, (source, reply), keep)
    return np.asarray(kept[0])[reply < model.config.vocab_size]
