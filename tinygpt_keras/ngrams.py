"""What counting predicts: the losses of n-gram models, the rungs that a network has to climb past."""

import math
import typing
from collections.abc import Mapping

if typing.TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMOOTHING = 0.05  # added to every count, so that nothing is impossible
COUNTED_AT_MOST = 10_000_000  # characters; more changes little and takes a laptop's memory
RUNGS = ("uniform", "unigram", "bigram", "3-gram", "4-gram")
WORDS = {"uniform": "guessing blindly", "unigram": "counting letters (a unigram)"}
LEVEL = 0.001  # nats; losses no further apart may look the same in the three digits that are shown


def is_below(loss: float, other: float) -> bool:
    """Whether one loss is lower than another by more than rounding."""
    return other - loss > LEVEL


def ladder(rungs: Mapping[str, float]) -> dict[str, float]:
    """Select the rungs worth climbing: each must be below all before it.

    On a short text, or one of many distinct characters, a longer context predicts worse than a shorter one.

    Args:
        rungs: Loss by name, the shortest context first.

    Returns:
        The rungs that remain, in falling order.
    """
    kept: dict[str, float] = {}
    lowest = math.inf
    for name, loss in rungs.items():
        if is_below(loss, lowest):
            kept[name] = lowest = loss
    return kept


def in_words(name: str) -> str:
    """Return what a rung is called in a sentence."""
    return WORDS.get(name, f"a {name}")


def rungs(ids: "NDArray[np.int32]", train_characters: int, vocab_size: int) -> dict[str, float]:
    """Compute the validation loss of each n-gram model counted from the training part.

    Of a text beyond `COUNTED_AT_MOST`, the characters nearest to the split are counted and scored.

    Args:
        ids: The whole text as ids, `(N,)`.
        train_characters: Where the validation part begins.
        vocab_size: V.

    Returns:
        Loss in nats per character by name, from uniform to 4-gram.
    """
    skipped = max(train_characters - COUNTED_AT_MOST, 0)
    ids, train_characters = ids[skipped : train_characters + COUNTED_AT_MOST], train_characters - skipped
    counted = {name: ngram_loss(ids, train_characters, vocab_size, n) for n, name in enumerate(RUNGS[1:], 1)}
    return {"uniform": math.log(vocab_size), **counted}


def ngram_loss(ids: "NDArray[np.int32]", train_characters: int, vocab_size: int, order: int) -> float:
    """Compute the validation loss of one n-gram model.

    Its probability of a character after a context is (count + s) / (count of the context + s V), with s the
    add-`SMOOTHING` of Lidstone's rule.

    Args:
        ids: The whole text as ids, `(N,)`.
        train_characters: Where the validation part begins.
        vocab_size: V.
        order: n; the context is the n - 1 characters before.

    Returns:
        Mean loss in nats over every character of the validation part.
    """
    import numpy as np

    contexts = context_codes(ids, vocab_size, order)
    grams = contexts * vocab_size + ids
    train, validation = slice(order - 1, train_characters), slice(train_characters, None)
    gram_counts = occurrences(grams[train], grams[validation])
    context_counts = occurrences(contexts[train], contexts[validation])
    probabilities = (gram_counts + SMOOTHING) / (context_counts + SMOOTHING * vocab_size)
    return float(-np.log(probabilities).mean())


def context_codes(ids: "NDArray[np.int32]", vocab_size: int, order: int) -> "NDArray[np.int64]":
    """Number the n - 1 characters before each position, in base V; the text's start counts as id 0."""
    import numpy as np

    codes = np.zeros(len(ids), np.int64)
    for distance in range(order - 1, 0, -1):
        codes *= vocab_size
        codes[distance:] += ids[:-distance]
    return codes


def occurrences(counted: "NDArray[np.int64]", wanted: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Count how often each wanted code occurs among the counted ones."""
    import numpy as np

    values, counts = np.unique(counted, return_counts=True)
    places = np.searchsorted(values, wanted).clip(max=max(len(values) - 1, 0))
    if not len(values):
        return np.zeros(len(wanted), np.int64)
    return np.where(values[places] == wanted, counts[places], 0)
