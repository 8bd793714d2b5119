"""What counting predicts: the losses of n-gram models, the rungs that a network has to climb past."""

import math
import typing
from collections.abc import Mapping
from typing import Any

if typing.TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMOOTHING = 0.05  # added to every count, so that nothing is impossible
COUNTED_AT_MOST = 10_000_000  # characters; more changes little and takes a laptop's memory
TABLE = 2**22  # numbers of grams that are counted in a table; of more, which lie far apart, those that occur are sorted
BLOCK = 2**20  # characters that are looked up at once
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


def reached(loss: float, rungs: Mapping[str, float]) -> str:
    """Name the lowest rung that a loss is below of or level with, in words; empty where it is above all.

    Args:
        loss: A validation loss.
        rungs: Losses by what they are called in a sentence, in falling order.
    """
    names = [name for name, rung in rungs.items() if not is_below(rung, loss)]
    if not names:
        return ""
    return f"better than {names[-1]}" if is_below(loss, rungs[names[-1]]) else f"level with {names[-1]}"


def rungs(ids: "NDArray[Any]", train_characters: int, vocab_size: int) -> dict[str, float]:
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


def ngram_loss(ids: "NDArray[Any]", train_characters: int, vocab_size: int, order: int) -> float:
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

    distances = range(order)  # of a gram's characters from its last, which is no part of its context
    gram_counts = occurrences(ids, train_characters, vocab_size, distances)
    context_counts = occurrences(ids, train_characters, vocab_size, distances[1:])
    losses = np.empty(len(gram_counts))
    for place in range(0, len(losses), BLOCK):
        block = slice(place, place + BLOCK)
        chances = (gram_counts[block] + SMOOTHING) / (context_counts[block] + SMOOTHING * vocab_size)
        losses[block] = -np.log(chances)
    return float(losses.mean())


def occurrences(ids: "NDArray[Any]", train_characters: int, vocab_size: int, distances: range) -> "NDArray[np.int32]":
    """Count for every place of the validation part how often what is found there occurs in the training part.

    Args:
        ids: The whole text as ids, `(N,)`.
        train_characters: Where the validation part begins.
        vocab_size: V.
        distances: Which characters are compared, by how far they lie before a place.

    Returns:
        Counts, `(N - train_characters,)`.
    """
    import numpy as np

    counted = codes(ids, range(max(distances, default=0), train_characters), vocab_size, distances)
    possible = vocab_size ** len(distances)
    table = np.bincount(counted, minlength=possible) if possible <= TABLE else None
    if table is None:
        counted.sort()
    counts = np.empty(len(ids) - train_characters, np.int32)
    for place in range(train_characters, len(ids), BLOCK):
        wanted = codes(ids, range(place, min(place + BLOCK, len(ids))), vocab_size, distances)
        block = counts[place - train_characters :][: len(wanted)]
        if table is not None:
            block[:] = table[wanted]
            continue
        order = wanted.argsort()  # looked up in order, most of what is compared is in the processor's cache
        wanted = wanted[order]
        block[order] = counted.searchsorted(wanted, "right") - counted.searchsorted(wanted, "left")
    return counts


def codes(ids: "NDArray[Any]", places: range, vocab_size: int, distances: range) -> "NDArray[np.int64]":
    """Number the characters at some distances before each place, in base V; before the text's start there is id 0."""
    import numpy as np

    numbers = np.zeros(len(places), np.int64)
    for distance in reversed(distances):
        numbers *= vocab_size
        missing = max(distance - places.start, 0)
        numbers[missing:] += ids[places.start + missing - distance : places.stop - distance]
    return numbers
