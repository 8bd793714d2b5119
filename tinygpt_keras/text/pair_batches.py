"""Batches of pairs: drawn at random by tf.data for training, in order for validation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tinygpt_keras.text.encoded_pairs import EncodedPairs
from tinygpt_keras.text.pipeline import ENDLESS, STARTS, add_noise, batch_seed, with_threads


def pair_batches(
    pairs: EncodedPairs, batch_size: int, seed: int, first_step: int = 0, input_noise: float = 0.0
) -> tf.data.Dataset:
    """Draw batches of training pairs at random, each a pure function of (seed, step).

    Args:
        pairs: The pairs.
        batch_size: B.
        seed: The run's seed.
        first_step: The step of the first batch.
        input_noise: Fraction of the replies' input characters to replace by random ones; targets are unchanged.

    Returns:
        An endless dataset: sources and replies, `(B, S)` and `(B, T)`; targets, `(B, T)`; weights, `(B, T)`, zero for
        padding.
    """
    width, length = pairs.widths
    shapes = (batch_size, width), (batch_size, length), (batch_size, length), (batch_size, length)
    dtypes = tf.int32, tf.int32, tf.int32, tf.float32

    def draw(step: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor, tf.Tensor]:
        rows = tf.random.stateless_uniform([batch_size], batch_seed(seed, step, STARTS), 0, pairs.train, tf.int64)
        taken: list[tf.Tensor] = tf.numpy_function(pairs.take, [rows], dtypes, stateful=False)
        source, reply, targets, weights = (
            tf.ensure_shape(part, shape) for part, shape in zip(taken, shapes, strict=True)
        )
        if input_noise:
            noisy = add_noise(reply, input_noise, pairs.vocab_size, seed, step)
            reply = tf.where(reply < pairs.vocab_size, noisy, reply)  # start and padding stay
        return (source, reply), targets, weights

    return with_threads(tf.data.Dataset.range(first_step, ENDLESS).map(draw)).prefetch(4)


@dataclass(frozen=True)
class ScoringPairs:
    """Pairs to score, in batches; it can be iterated repeatedly."""

    pairs: EncodedPairs
    rows: NDArray[np.int64]
    """The numbers of the scored pairs."""
    batch_size: int

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, NDArray[Any], NDArray[Any]]]:
        """Yield sources with replies, targets, and weights, as `EncodedPairs.take` lays them out."""
        for first in range(0, len(self.rows), self.batch_size):
            source, reply, targets, weights = self.pairs.take(self.rows[first : first + self.batch_size])
            yield (source, reply), targets, weights


def scoring_pairs(
    pairs: EncodedPairs, first: int, last: int, batch_size: int, at_most: int = 0, at_least: int = 1
) -> ScoringPairs:
    """Return the pairs from one number up to another, to score each reply once.

    Args:
        pairs: The pairs.
        first: The first pair.
        last: The end.
        batch_size: B, at most.
        at_most: Keep evenly spread pairs with replies of about this many characters; 0 keeps all.
        at_least: Keep this many pairs, if there are.

    Returns:
        The pairs, in batches.
    """
    rows = np.arange(first, last)
    symbols = int(pairs.reply_starts[last] - pairs.reply_starts[first]) - len(rows)  # starts are not predicted
    if 0 < at_most < symbols:
        count = min(max(len(rows) * at_most // symbols, at_least), len(rows))
        rows = rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
    return ScoringPairs(pairs, rows, batch_size)
