"""The parts of a model that can be switched off: positions, blocks, heads, feed-forward networks, hidden units."""

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection.forward import Edit

POSITIONS = "positions"


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


def masks(config: ModelConfig, variants: Sequence[Collection[str]]) -> dict[str, NDArray[np.float32]]:
    """Return by what inner tensors are multiplied to switch parts off, other ones in each row of a batch.

    Args:
        config: The architecture.
        variants: The names of the parts that are off in each of N rows.

    Returns:
        Zeros and ones by the tensor's name, `(N, ...)`.
    """

    def on(name: str) -> NDArray[np.float32]:
        """Return 1 for each row that has a part and 0 for the others, `(N,)`."""
        return np.array([name not in off for off in variants], np.float32)

    found = {POSITIONS: on(POSITIONS)}
    for block in range(config.num_layers):
        name = f"blocks.{block}"
        heads = np.stack([on(f"{name}.head.{head}") for head in range(config.num_heads)], axis=1)
        units = np.stack([without_units(config.hidden_dim, f"{name}.unit.", off) for off in variants])
        found[f"{name}.attention.gathered"] = heads  # (N, H)
        found[f"{name}.feed_forward.hidden"] = units[:, None]  # (N, 1, hidden)
        for part in ("attention", "feed_forward"):
            found[f"{name}.{part}.output"] = on(name) * on(f"{name}.{part}")  # (N,)
    return found


def switches(masked: Mapping[str, Any]) -> dict[str, Edit]:
    """Return the edits that multiply by `masks`."""
    return {
        name: functools.partial(without_positions if name == POSITIONS else scale, on=mask)
        for name, mask in masked.items()
    }


def without_units(hidden_dim: int, prefix: str, off: Collection[str]) -> NDArray[np.float32]:
    """Return 0 for each hidden unit that is off and 1 for the others, `(hidden,)`."""
    units = np.ones(hidden_dim, np.float32)
    units[[int(name.removeprefix(prefix)) for name in off if name.startswith(prefix)]] = 0
    return units


def scale(tensor: Any, on: Any) -> Any:
    """Multiply a tensor, `(N, ...)`, by 0 or 1 along its first axes."""
    for _ in range(len(tensor.shape) - len(on.shape)):
        on = on[..., None]
    return tensor * on


def without_positions(positions: Any, on: Any) -> Any:
    """Remove positions in the rows where `on`, `(N,)`, is 0: then no embedding is added, or nothing is rotated."""
    if len(positions.shape) == 3:
        return positions * on[:, None, None]  # (N, T, C)
    unturned = ops.stack([ops.ones_like(positions[0]), ops.zeros_like(positions[1])])
    return ops.where(on[:, None, None, None] > 0, positions, unturned)  # (2, N, 1, T, D / 2)
