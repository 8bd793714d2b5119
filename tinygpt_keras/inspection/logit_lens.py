"""The logit lens: what the model would predict if it ended after each block."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import LOGITS_AT_ONCE, log_probabilities
from tinygpt_keras.inspection.blocks import of_blocks


def logit_lens(model: Any, cache: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float64]:
    """Read every residual stream of a text as if it were the last one.

    The final normalisation and the head turn a stream into logits. As each block only adds to the stream, they can be
    applied to it anywhere (https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens). A block
    of a post-norm model normalises the stream instead: there each stage is normalised as the last one, but the first,
    the embeddings, is not, so that it says less.

    Args:
        model: A built `TinyGPT` or `Transformer`; of the latter the decoder is read.
        cache: Inner tensors of one text, as `observe` returns them.

    Returns:
        Probabilities, `(L + 1, T, V)`: after the embedding, then after each block. The last are the model's own.

    Raises:
        InputError: When the model is a bigram.
    """
    return np.concatenate(list(stages(model, cache)))


def stages(model: Any, cache: Mapping[str, NDArray[np.float32]]) -> Iterator[NDArray[np.float64]]:
    """Yield the probabilities of `logit_lens`, `(some of L + 1, T, V)`, so that few are in memory at a time."""
    streams = [of_blocks(cache, "residual.before")[0], *of_blocks(cache, "residual.after")]
    some = max(LOGITS_AT_ONCE // (len(streams[0]) * model.config.classes), 1)
    for first in range(0, len(streams), some):
        yield np.exp(log_probabilities(np.asarray(model.logits(np.stack(streams[first : first + some])))))
