"""The next character: every probability, before and after the settings of sampling."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import log_probabilities
from tinygpt_keras.generation.sampling import KNOB_TYPES, Knobs, distribution


@dataclass(frozen=True)
class NextCharacter:
    """Two distributions over all characters, in id order."""

    raw: NDArray[np.float64]
    """`(V,)`: what the model computed."""
    drawn: NDArray[np.float32]
    """`(V,)`: what a character is drawn from, after temperature, top-k, top-p and min-p."""


def next_character(logits: NDArray[np.float32], options: SamplingOptions) -> NextCharacter:
    """Compute the probability of every character as the next one.

    Args:
        logits: Those of one position, `(V,)`.
        options: The settings of sampling; the seed has no effect.

    Returns:
        The probabilities before and after the settings.
    """
    knobs = Knobs(*(np.array([value], dtype) for value, dtype in zip(Knobs.of(options, 0), KNOB_TYPES, strict=True)))
    return NextCharacter(np.exp(log_probabilities(logits)), np.asarray(distribution(logits[None], knobs))[0])
