"""Ablation: what a text costs, and what comes next, with parts of the model switched off."""

import functools
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import LOGITS_AT_ONCE, character_losses, log_probabilities
from tinygpt_keras.inspection.blocks import check_has_blocks
from tinygpt_keras.inspection.forward import Edit, at_least_two, check_finite, run_with_edits

POSITIONS = "positions"
ROWS = 16  # variants of a text in one batch
SCORES_AT_ONCE = 2**23  # 32 MB


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
    the residual stream, `blocks.0` is both, and `positions` is what tells one position from another. A single hidden
    unit, such as `blocks.0.unit.17`, can be switched off, too; there are too many to list.

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


def check_parts(config: ModelConfig, names: Collection[str]) -> None:
    """Raise an `InputError` if a model has no part of one of the names."""
    listed = set(parts(config))
    for name in names:
        unit = re.fullmatch(r"(blocks\.\d{1,4})\.unit\.(\d{1,6})", name)
        if name not in listed and not (unit and unit[1] in listed and int(unit[2]) < config.hidden_dim):
            raise InputError(
                f"the model has no part {name!r}. Choose positions, blocks.0, blocks.0.attention, blocks.0.head.0, "
                "blocks.0.feed_forward, blocks.0.unit.0 or another number; numbers begin at 0."
            )


def ablation(
    model: Any, inputs: NDArray[np.int32], targets: NDArray[np.int32], variants: Sequence[Collection[str]]
) -> Ablation:
    """Read a text with parts of the model switched off.

    Args:
        model: A built `TinyGPT`.
        inputs: The character before each one, `(T,)`.
        targets: The characters, `(T,)`.
        variants: For each of N variants the names of the parts that are off; no name means the whole model.

    Returns:
        The surprise and the probabilities with each variant.

    Raises:
        InputError: When the model is a bigram, or has no part of a name.
    """
    bits, probabilities = [], []
    for logits in ablated(model, inputs, variants):
        bits.append(character_losses(logits, np.tile(targets, (len(logits), 1))) / math.log(2))
        probabilities.append(np.exp(log_probabilities(logits)).astype(np.float32))
    return Ablation(np.concatenate(bits), np.concatenate(probabilities))


def ablated(model: Any, ids: NDArray[np.int32], variants: Sequence[Collection[str]]) -> Iterator[NDArray[np.float32]]:
    """Compute the logits of a text with each variant, some at a time, which bounds memory.

    Args:
        model: A built `TinyGPT`.
        ids: `(T,)`.
        variants: The names of the parts that are off, N times.

    Yields:
        Logits, `(some of N, T, V)`.

    Raises:
        InputError: When the model is a bigram, has no part of a name, or when logits are not finite.
    """
    check_has_blocks(model)
    check_parts(model.config, {name for off in variants for name in off})
    length, config = len(ids), model.config
    logits, scores = length * config.vocab_size, config.num_heads * length**2  # numbers of one variant
    at_once = max(min(ROWS, LOGITS_AT_ONCE // logits, SCORES_AT_ONCE // scores), 1)
    for row in range(0, len(variants), at_once):
        some = variants[row : row + at_once]
        texts = at_least_two(np.tile(ids, (len(some), 1)))
        yield check_finite(np.asarray(run_with_edits(model, texts, switches(config, some)))[:, :length])


def switches(config: ModelConfig, variants: Sequence[Collection[str]]) -> dict[str, Edit]:
    """Return the edits that switch parts off, other ones in each row of a batch.

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
        units = np.stack([without_units(config.hidden_dim, f"{name}.unit.", off) for off in variants])
        kept[f"{name}.feed_forward.hidden"] = units[:, None]  # (N, 1, hidden)
        for part in ("attention", "feed_forward"):
            kept[f"{name}.{part}.output"] = on(name) * on(f"{name}.{part}")
    changed = {name: keep for name, keep in kept.items() if not keep.all()}
    return {
        name: functools.partial(without_positions if name == POSITIONS else scale, on=keep)
        for name, keep in changed.items()
    }


def without_units(hidden_dim: int, prefix: str, off: Collection[str]) -> NDArray[np.float32]:
    """Return 0 for each hidden unit that is off and 1 for the others, `(hidden,)`."""
    units = np.ones(hidden_dim, np.float32)
    units[[int(name.removeprefix(prefix)) for name in off if name.startswith(prefix)]] = 0
    return units


def scale(tensor: Any, on: NDArray[np.float32]) -> Any:
    """Multiply a tensor, `(N, ...)`, by 0 or 1 along its first axes."""
    return tensor * on.reshape(on.shape + (1,) * (tensor.ndim - on.ndim))


def without_positions(positions: Any, on: NDArray[np.float32]) -> Any:
    """Remove positions in the rows where `on`, `(N,)`, is 0: then no embedding is added, or nothing is rotated."""
    if positions.ndim == 3:
        return positions * on[:, None, None]  # (N, T, C)
    unturned = ops.stack([ops.ones_like(positions[0]), ops.zeros_like(positions[1])])
    return ops.where(on[:, None, None, None] > 0, positions, unturned)  # (2, N, 1, T, D / 2)
