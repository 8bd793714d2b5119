"""Ablation: what a text costs, and what comes next, with parts of the model switched off."""

import functools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import character_losses, log_probabilities
from tinygpt_keras.inspection.attention_map import check_has_blocks
from tinygpt_keras.inspection.forward import Edit, run_with_edits

POSITIONS = "positions"
ROWS = 16  # variants of a text in one batch, which bounds memory


@dataclass(frozen=True)
class Ablation:
    """A text of T characters, read by N variants of a model."""

    bits: NDArray[np.float64]
    """Surprise of each character with each variant, `(N, T)`."""
    probabilities: NDArray[np.float32]
    """Of every character at each place with each variant, `(N, T, V)`."""


def parts(config: ModelConfig) -> list[str]:
    """List what can be switched off.

    `blocks.0.head.2` is what one head gathers, `blocks.0.attention` and `blocks.0.feed_forward` are what each adds to
    the residual stream, `blocks.0` is both, and `positions` is what tells one position from another.

    Args:
        config: The architecture.

    Returns:
        The names.
    """
    names = [POSITIONS]
    for block in range(config.num_layers):
        names += [f"blocks.{block}", f"blocks.{block}.attention", f"blocks.{block}.feed_forward"]
        names += [f"blocks.{block}.head.{head}" for head in range(config.num_heads)]
    return names


def ablation(
    model: Any, inputs: NDArray[np.int32], targets: NDArray[np.int32], variants: Sequence[Collection[str]]
) -> Ablation:
    """Read a text with parts of the model switched off.

    Args:
        model: A built `TinyGPT`.
        inputs: The character before each one, `(T,)`.
        targets: The characters, `(T,)`.
        variants: N times the names of the parts that are off, as `parts` lists them; none is the whole model.

    Returns:
        The surprise and the probabilities with each variant.

    Raises:
        InputError: When the model is a bigram, or has no part of a name.
    """
    check_has_blocks(model)
    if unknown := {name for off in variants for name in off}.difference(parts(model.config)):
        raise InputError(f"the model has no part {', '.join(sorted(unknown))}. Choose some of ablation.parts.")
    bits, probabilities = [], []
    for row in range(0, len(variants), ROWS):
        some = variants[row : row + ROWS]
        logits = np.asarray(run_with_edits(model, np.tile(inputs, (len(some), 1)), switches(model.config, some)))
        bits.append(character_losses(logits, np.tile(targets, (len(some), 1))) / math.log(2))
        probabilities.append(np.exp(log_probabilities(logits)).astype(np.float32))
    return Ablation(np.concatenate(bits), np.concatenate(probabilities))


def switches(config: ModelConfig, variants: Sequence[Collection[str]]) -> dict[str, Edit]:
    """Return the edits that switch parts off, in each row of a batch others.

    Args:
        config: The architecture.
        variants: The names of the parts that are off in each of N rows.

    Returns:
        Edits for a batch of N texts; of a tensor from which nothing is taken there is none.
    """

    def on(name: str) -> NDArray[np.float32]:
        """Return 1 for each row that has a part and 0 for the others, `(N,)`."""
        return np.array([name not in off for off in variants], np.float32)

    kept = {POSITIONS: on(POSITIONS)}
    for block in range(config.num_layers):
        name = f"blocks.{block}"
        heads = np.stack([on(f"{name}.head.{head}") for head in range(config.num_heads)], axis=1)  # (N, H)
        kept[f"{name}.attention.gathered"] = heads
        for part in ("attention", "feed_forward"):
            kept[f"{name}.{part}.output"] = on(name) * on(f"{name}.{part}")
    changed = {name: keep for name, keep in kept.items() if not keep.all()}
    return {name: functools.partial(place if name == POSITIONS else scale, on=keep) for name, keep in changed.items()}


def scale(tensor: Any, on: NDArray[np.float32]) -> Any:
    """Multiply a tensor, `(N, ...)`, by 0 or 1 along its first axes."""
    return tensor * on.reshape(on.shape + (1,) * (tensor.ndim - on.ndim))


def place(positions: Any, on: NDArray[np.float32]) -> Any:
    """Take the positions from the rows where `on`, `(N,)`, is 0: no embedding is added, or nothing is rotated."""
    if positions.ndim == 3:
        return positions * on[:, None, None]  # (N, T, C)
    unturned = ops.stack([ops.ones_like(positions[0]), ops.zeros_like(positions[1])])
    return ops.where(on[:, None, None, None] > 0, positions, unturned)  # (2, N, 1, T, D / 2)
