"""Batches of text windows: drawn at random by tf.data for training, laid end to end for validation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tinygpt_keras.text.ids import ALIGNMENT, aligned_empty

ENDLESS = 2**62  # more batches than any run trains
STARTS, NOISE, REPLACEMENTS = range(3)  # purposes of a batch's random numbers, each with its own seed


def training_batches(
    ids: NDArray[Any],
    batch_size: int,
    block_size: int,
    seed: int,
    first_step: int = 0,
    input_noise: float = 0.0,
    vocab_size: int = 0,
) -> tf.data.Dataset:
    """Draw batches of windows at random positions, each a pure function of (seed, step).

    No state is kept between batches, so a resumed run sees the same batches as an uninterrupted one.

    Args:
        ids: The training text, `(N,)`, N above `block_size`; an aligned array is not copied.
        batch_size: B.
        block_size: T.
        seed: The run's seed.
        first_step: The step of the first batch.
        input_noise: Fraction of input characters to replace by random ones; targets are unchanged.
        vocab_size: V, for the random characters.

    Returns:
        An endless dataset of inputs and targets, `(B, T)` int32 each.
    """
    # Outside the mapped function, so that the text does not become a constant of its graph.
    text = shared_tensor(ids)
    offsets = tf.range(block_size + 1, dtype=tf.int64)

    def draw(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seeds = batch_seed(seed, step, STARTS)
        starts = tf.random.stateless_uniform([batch_size], seeds, 0, len(ids) - block_size, tf.int64)
        windows = tf.cast(tf.gather(text, starts[:, None] + offsets), tf.int32)  # (B, T + 1)
        inputs, targets = windows[:, :-1], windows[:, 1:]
        if input_noise:
            inputs = add_noise(inputs, input_noise, vocab_size, seed, step)
        return inputs, targets

    steps = tf.data.Dataset.range(first_step, ENDLESS)
    return with_threads(steps.map(draw)).prefetch(4)


def batch_seed(seed: int, step: tf.Tensor, purpose: int) -> tf.Tensor:
    """Return the seed of a batch's random numbers for one purpose, `(2,)`."""
    return tf.stack([tf.constant(seed, tf.int64) * 4 + purpose, step])


def add_noise(inputs: tf.Tensor, fraction: float, vocab_size: int, seed: int, step: tf.Tensor) -> tf.Tensor:
    """Replace a fraction of a batch's input characters, `(B, T)`, by random ones."""
    shape = inputs.shape
    hit = tf.random.stateless_uniform(shape, batch_seed(seed, step, NOISE)) < fraction
    strangers = tf.random.stateless_uniform(shape, batch_seed(seed, step, REPLACEMENTS), 0, vocab_size, tf.int32)
    return tf.where(hit, strangers, inputs)


def shared_tensor(ids: NDArray[Any]) -> tf.Tensor:
    """Return a tensor that shares an array's memory; `tf.constant` would copy the text."""
    if ids.ctypes.data % ALIGNMENT or not (ids.flags.c_contiguous and ids.flags.aligned):
        ids, elsewhere = aligned_empty(len(ids), ids.dtype), ids  # TensorFlow aborts the process on other arrays
        ids[:] = elsewhere
    return tf.experimental.dlpack.from_dlpack(np.asarray(Lent(ids)).__dlpack__())


class Lent:
    """The memory of an array, marked as writable.

    A mapped file is read-only. DLPack as TensorFlow reads it cannot say so, and NumPy refuses it; TensorFlow does not
    write to the tensor.

    Args:
        array: The array, which lives as long as this object.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


def with_threads(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Draw batches on one thread: that is far faster than training, and leaves the other cores to the model."""
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    # Nothing here needs autotuning, and `fit` would wait up to ten seconds at its end for the tuner's thread.
    options.autotune.enabled = False
    # Nor does it need graph rewriting, for which tf.data copies the whole text.
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)


@dataclass(frozen=True)
class ScoringWindows:
    """Windows of a text to score, cut into batches at each iteration; it can be iterated repeatedly."""

    ids: NDArray[Any]
    """The whole text, `(N,)`."""
    starts: NDArray[np.int64]
    """The position of each window's first target, `(windows,)`; its first input is the character before."""
    last: int
    """The end of the targets; a window that reaches beyond it is padded."""
    block_size: int
    batch_size: int

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.starts) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """Yield inputs and targets, `(B, T)` int32, and weights, `(B, T)` float32: zero for padding."""
        for row in range(0, len(self.starts), self.batch_size):
            places = self.starts[row : row + self.batch_size, None] + np.arange(self.block_size)  # (B, T)
            there = places < self.last
            inputs, targets = (np.where(there, self.ids[np.where(there, places - n, 0)], 0) for n in (1, 0))
            yield inputs.astype(np.int32), targets.astype(np.int32), there.astype(np.float32)


def scoring_windows(
    ids: NDArray[Any], first: int, last: int, block_size: int, batch_size: int, at_most: int = 0
) -> ScoringWindows:
    """Lay windows end to end over a part of a text, so that each character is predicted exactly once.

    Args:
        ids: The whole text, `(N,)`.
        first: The position of the first target, at least 1: its input is the character before.
        last: The end of the part.
        block_size: T.
        batch_size: B, the windows in a batch, at most.
        at_most: Keep evenly spread windows of about this many characters; 0 keeps all.

    Returns:
        The windows, in batches.
    """
    windows = range(first, last, block_size)
    if 0 < at_most < last - first:
        kept = np.linspace(0, len(windows) - 1, -(-at_most // block_size)).round().astype(int)
        return ScoringWindows(ids, first + kept * block_size, last, block_size, batch_size)
    return ScoringWindows(ids, np.arange(first, last, block_size), last, block_size, batch_size)
