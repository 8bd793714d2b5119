"""The exact loss of a model on a text."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Windows scored at once; more gain nothing on a processor's caches.
SCORING_BATCH = 32


@dataclass(frozen=True)
class Score:
    """A mean loss over characters."""

    loss: float
    """In nats per character."""
    standard_error: float
    """Of the loss, from the spread between windows, in nats."""
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
    variance = (residuals**2).sum() / characters**2 * (clusters / max(clusters - 1, 1))
    return Score(float(loss), float(variance**0.5), int(characters))


def character_losses(logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """Compute minus the log of the probability of each target.

    Args:
        logits: `(B, T, V)`.
        targets: Ids, `(B, T)`.

    Returns:
        Losses in nats, `(B, T)`.
    """
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    wanted = np.take_along_axis(shifted, targets[..., None], axis=-1)[..., 0]
    return np.log(np.exp(shifted).sum(axis=-1)) - wanted
