"""N-gram baselines, called rungs: the validation losses that a network has to beat."""

import math
import typing
from collections.abc import Mapping
from typing import Any

if typing.TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMOOTHING = 0.05  # added to every count, so that no probability is zero
COUNTED_AT_MOST = 10_000_000  # characters; more change little and fill a laptop's memory
TABLE = 2**22  # possible grams to count in a table, at most; with more, those that occur are sorted and searched
BLOCK = 2**20  # characters looked up at once
RUNGS = ("uniform", "unigram", "bigram", "3-gram", "4-gram")
WORDS = {"uniform": "guessing blindly", "unigram": "counting letters (a unigram)"}
LEVEL = 0.001  # nats; closer losses may look equal in the three decimals shown


def is_below(loss: float, other: float) -> bool:
    """Whether one loss is lower than another by more than rounding."""
    return other - loss > LEVEL


def ladder(rungs: Mapping[str, float]) -> dict[str, float]:
    """Select the rungs that are below all rungs before them.

    On a short text, or one of many distinct characters, a longer context may predict worse than a shorter one.

    Args:
        rungs: Losses by name, shortest context first.

    Returns:
        The selected rungs, in falling order.
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
    """Name, in words, the lowest rung that a loss beats or equals; empty when it is above all.

    Args:
        loss: A validation loss.
        rungs: Losses by their names in a sentence, in falling order.
    """
    names = [name for name, rung in rungs.items() if not is_below(rung, loss)]
    if not names:
        return ""
    return f"better than {names[-1]}" if is_below(loss, rungs[names[-1]]) else f"level with {names[-1]}"


def rungs(ids: "NDArray[Any]", train_characters: int, vocab_size: int) -> dict[str, float]:
    """Compute the validation loss of each n-gram model counted on the training split.

    At most `COUNTED_AT_MOST` characters on each side of the split are counted and scored.

    Args:
        ids: The whole text as ids, `(N,)`.
        train_characters: Where the validation split begins.
        vocab_size: V.

    Returns:
        Losses in nats per character by name, from uniform to 4-gram.
    """
    skipped = max(train_characters - COUNTED_AT_MOST, 0)
    ids, train_characters = ids[skipped : train_characters + COUNTED_AT_MOST], train_characters - skipped
    counted = {name: ngram_loss(ids, train_characters, vocab_size, n) for n, name in enumerate(RUNGS[1:], 1)}
    return {"uniform": math.log(vocab_size), **counted}


def ngram_loss(ids: "NDArray[Any]", train_characters: int, vocab_size: int, order: int) -> float:
    """Compute the validation loss of one n-gram model.

    Its probability of a character after a context is (count + s) / (count of the context + s V), with
    s = `SMOOTHING` (Lidstone's rule).

    Args:
        ids: The whole text as ids, `(N,)`.
        train_characters: Where the validation split begins.
        vocab_size: V.
        order: n; the context is the n - 1 characters before.

    Returns:
        Mean loss in nats per character of the validation split.
    """
    import numpy as np

    distances = range(order)  # of a gram's characters from its last; a context has no distance 0
    gram_counts = occurrences(ids, train_characters, vocab_size, distances)
    context_counts = occurrences(ids, train_characters, vocab_size, distances[1:])
    losses = np.empty(len(gram_counts))
    for place in range(0, len(losses), BLOCK):
        block = slice(place, place + BLOCK)
        chances = (gram_counts[block] + SMOOTHING) / (context_counts[block] + SMOOTHING * vocab_size)
        losses[block] = -np.log(chances)
    return float(losses.mean())


def occurrences(ids: "NDArray[Any]", train_characters: int, vocab_size: int, distances: range) -> "NDArray[np.int32]":
    """Count, for each position of the validation split, how often its gram occurs in the training split.

    Args:
        ids: The whole text as ids, `(N,)`.
        train_characters: Where the validation split begins.
        vocab_size: V.
        distances: The gram's characters, by their distance before a position.

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
        order = wanted.argsort()  # searches in order mostly hit the processor's cache
        wanted = wanted[order]
        block[order] = counted.searchsorted(wanted, "right") - counted.searchsorted(wanted, "left")
    return counts


def codes(ids: "NDArray[Any]", places: range, vocab_size: int, distances: range) -> "NDArray[np.int64]":
    """Encode the ids at some distances before each position as one number in base V; id 0 precedes the text.

    There may be no position: a text may have less to count than a gram is long.
    """
    import numpy as np

    numbers = np.zeros(len(places), np.int64)
    for distance in reversed(distances):
        numbers *= vocab_size
        missing = max(distance - places.start, 0)
        # Where all places come before the distance, both sides are empty: a negative stop would count from the end.
        numbers[missing:] += ids[places.start + missing - distance : max(places.stop - distance, 0)]
    return numbers
