"""The exact loss of a model on a text."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError

# Characters per batch: with fewer, a small model spends its time on calls; more was no faster from `bigram` to `tiny`.
SCORED_AT_ONCE = 8192
LOGITS_AT_ONCE = 2**22  # bounds a large vocabulary: 80 MB while the softmax is computed
SCORES_AT_ONCE = 2**24  # bounds many heads and a long context: 64 MB, of which a few copies are in memory
LARGEST_EXPONENT = 709  # exp of more exceeds a float64


@dataclass(frozen=True)
class Score:
    """A mean loss over characters."""

    loss: float
    """Mean loss in nats per character."""
    standard_error: float | None
    """Standard error of the loss in nats, from the spread between windows; `None` for a single window."""
    characters: int
    """How many characters were predicted."""
    exact: float | None = None
    """The share of replies that are exactly right, where there is one right reply."""

    @property
    def bits_per_character(self) -> float:
        """The loss in bits per character."""
        return self.loss / math.log(2)

    @property
    def perplexity(self) -> float:
        """Perplexity: exp(loss), infinite where no float holds it."""
        return math.exp(self.loss) if self.loss < LARGEST_EXPONENT else math.inf


def windows_at_once(model: ModelConfig) -> int:
    """Return how many windows of a model's block size to score in one batch."""
    return texts_at_once(model, model.block_size, SCORED_AT_ONCE // model.block_size)


def texts_at_once(model: ModelConfig, length: int, at_most: int) -> int:
    """Return how many texts of a length to read in one batch, so that logits and scores fit into memory; 1 at least."""
    logits, scores = length * model.classes, model.num_heads * length**2  # numbers of one text
    return max(min(at_most, LOGITS_AT_ONCE // logits, SCORES_AT_ONCE // scores), 1)


def exact_loss(model: Any, windows: Iterable[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]) -> Score:
    """Compute the mean loss over all characters, equally weighted.

    Args:
        model: A Keras model from ids `(B, T)` to logits `(B, T, V)`, or an `Ensemble`.
        windows: Batches of inputs, targets and weights, as `scoring_windows` returns them.

    Returns:
        The mean loss with its standard error.
    """
    sums, counts = [], []
    for inputs, targets, weights in windows:
        losses = character_losses(np.asarray(model.predict_on_batch(inputs)), targets) * weights  # (B, T)
        sums.append(losses.sum(axis=1))
        counts.append(weights.sum(axis=1))
    window_sums, window_counts = np.concatenate(sums), np.concatenate(counts)
    characters = window_counts.sum()
    loss = window_sums.sum() / characters
    # Standard error of a ratio, clustered by window, as a window's characters share their context.
    residuals = window_sums - loss * window_counts
    clusters = len(window_sums)
    error = None
    if clusters > 1:
        error = float(((residuals**2).sum() * clusters / (clusters - 1)) ** 0.5 / characters)
    return Score(float(loss), error, int(characters))


def character_losses(logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """Compute the negative log-probability of each target.

    Args:
        logits: `(B, T, V)`.
        targets: Ids, `(B, T)`.

    Returns:
        Losses in nats, `(B, T)`.
    """
    rows, ids = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1, 1)
    some = max(LOGITS_AT_ONCE // rows.shape[1], 1)  # in float64 all rows of a long text would take gigabytes
    parts = [
        np.take_along_axis(log_probabilities(rows[row : row + some]), ids[row : row + some], axis=-1)
        for row in range(0, len(rows), some)
    ]
    return -np.concatenate(parts).reshape(targets.shape)


def check_finite(logits: NDArray[Any]) -> NDArray[Any]:
    """Return logits.

    Raises:
        InputError: When some are not finite.
    """
    if not np.isfinite(logits).all():
        raise InputError("the model's numbers overflow on this text: its weights are too large. Train it again.")
    return logits


def log_probabilities(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Compute the log-softmax over the last axis, in float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)  # in place: two arrays at a time instead of four
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted
