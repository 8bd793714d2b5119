"""The exact loss of a model on a text."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Characters scored at once: fewer cost a small model its time in calls, more gained nothing from `bigram` to `tiny`.
SCORED_AT_ONCE = 8192
LOGITS_AT_ONCE = 2**22  # about 150 MB while their logs are taken, where the vocabulary is large


@dataclass(frozen=True)
class Score:
    """A mean loss over characters."""

    loss: float
    """In nats per character."""
    standard_error: float | None
    """Of the loss, from the spread between windows, in nats; `None` where there is a single one."""
    characters: int
    """How many were predicted."""

    @property
    def bits_per_character(self) -> float:
        """The loss in bits."""
        return self.loss / math.log(2)

    @property
    def perplexity(self) -> float:
        """Among how many equally likely characters the model is as unsure."""
        return math.exp(self.loss)


def windows_at_once(block_size: int, vocab_size: int) -> int:
    """Say how many windows of so many characters are best scored in one batch."""
    return max(min(SCORED_AT_ONCE, LOGITS_AT_ONCE // vocab_size) // block_size, 1)


def exact_loss(model: Any, windows: Iterable[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]) -> Score:
    """Average the loss over every character, each weighing the same.

    Args:
        model: A Keras model from ids `(B, T)` to logits `(B, T, V)`, or an `Ensemble` of some.
        windows: Inputs, targets and weights as `scoring_windows` gives them.

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
    # A ratio estimate, clustered by window, since a window's characters share their context.
    residuals = window_sums - loss * window_counts
    clusters = len(window_sums)
    error = None
    if clusters > 1:
        error = float(((residuals**2).sum() * clusters / (clusters - 1)) ** 0.5 / characters)
    return Score(float(loss), error, int(characters))


def character_losses(logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """Compute minus the log of the probability of each target.

    Args:
        logits: `(B, T, V)`.
        targets: Ids, `(B, T)`.

    Returns:
        Losses in nats, `(B, T)`.
    """
    return -np.take_along_axis(log_probabilities(logits), targets[..., None], axis=-1)[..., 0]


def log_probabilities(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Compute the logs of a softmax over the last axis."""
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
