"""The exact loss of a model on a text."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError

# Characters per batch: with fewer, a small model spends its time on calls; more was no faster from `bigram` to `tiny`.
SCORED_AT_ONCE = 8192
LOGITS_AT_ONCE = 2**22  # bounds a large vocabulary: 150 MB while the softmax is computed
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

    @property
    def bits_per_character(self) -> float:
        """The loss in bits per character."""
        return self.loss / math.log(2)

    @property
    def perplexity(self) -> float:
        """Perplexity: exp(loss), infinite where no float holds it."""
        return math.exp(self.loss) if self.loss < LARGEST_EXPONENT else math.inf


def windows_at_once(block_size: int, vocab_size: int) -> int:
    """Return how many windows of `block_size` characters to score in one batch."""
    return max(min(SCORED_AT_ONCE, LOGITS_AT_ONCE // vocab_size) // block_size, 1)


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
    return -np.take_along_axis(log_probabilities(logits), targets[..., None], axis=-1)[..., 0]


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
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
