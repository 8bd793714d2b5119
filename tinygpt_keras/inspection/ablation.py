"""Ablation: what a text costs, and what comes next, with parts of the model switched off."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import character_losses, log_probabilities
from tinygpt_keras.inspection.passes import Passes


@dataclass(frozen=True)
class Ablation:
    """A text of T characters, read by N variants of a model."""

    bits: NDArray[np.float64]
    """Surprise of each character with each variant, `(N, T)`."""
    probabilities: NDArray[np.float32]
    """Of every character at each place with each variant, `(N, T, V)`."""


def ablation(
    passes: Passes,
    inputs: NDArray[np.int32],
    targets: NDArray[np.int32],
    variants: Sequence[Collection[str]],
    source: NDArray[np.int32] | None = None,
) -> Ablation:
    """Read a text with parts of the model switched off.

    Args:
        passes: The passes of a `TinyGPT` or `Transformer`.
        inputs: The character before each one, `(T,)`.
        targets: The characters, `(T,)`.
        variants: For each of N variants the names of the parts that are off; no name means the whole model.
        source: What a `Transformer` replies to, `(S,)`.

    Returns:
        The surprise and the probabilities with each variant.

    Raises:
        InputError: When the model is a bigram, has no part of a name, or when logits are not finite.
    """
    bits, probabilities = [], []
    for logits in passes.ablated(inputs, variants, source):
        bits.append(character_losses(logits, np.tile(targets, (len(logits), 1))) / math.log(2))
        probabilities.append(np.exp(log_probabilities(logits)).astype(np.float32))
    return Ablation(np.concatenate(bits), np.concatenate(probabilities))
