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
from tinygpt_keras.findings import ACROSS, SELF
from tinygpt_keras.inspection.forward import Edit

POSITIONS = "positions"
ENCODER = "encoder."
HEADS = {SELF: "head", ACROSS: "cross_head"}
"""What the heads of each attention of a block are called."""
UNIT = re.compile(r"((?:encoder\.)?blocks\.\d{1,4})\.unit\.(\d{1,6})")


def stacks(config: ModelConfig) -> list[tuple[str, tuple[str, ...]]]:
    """Return what the names of each stack's tensors begin with, and the attentions of its blocks."""
    if config.replies:
        return [(ENCODER, (SELF,)), ("", (SELF, ACROSS))]
    return [("", (SELF,))]


def parts(config: ModelConfig) -> list[str]:
    """List what can be switched off.

    `blocks.0.head.2` is what one head gathers, `blocks.0.attention` and `blocks.0.feed_forward` are what each adds to
    the residual stream, `blocks.0` is both, and `positions` is what tells one position from another. A single hidden
    unit, such as `blocks.0.unit.17`, can be switched off, too; there are too many to list.

    An encoder-decoder has the same of its encoder, as `encoder.blocks.0.head.2`. Its decoder also has
    `blocks.0.cross_head.2` and `blocks.0.cross_attention`; `cross_attention` is that of all blocks: all that the
    decoder knows of the source.

    Args:
        config: The architecture.

    Returns:
        The names.
    """
    names = [ACROSS] if config.replies else []
    for stack, attentions in stacks(config):
        names.append(f"{stack}{POSITIONS}")
        for number in range(config.num_layers):
            block = f"{stack}blocks.{number}"
            names += [block, *(f"{block}.{part}" for part in (*attentions, "feed_forward"))]
            names += [f"{block}.{HEADS[part]}.{head}" for part in attentions for head in range(config.num_heads)]
    return names


def check_parts(config: ModelConfig, names: Collection[str]) -> None:
    """Raise an `InputError` if a model has no part of one of the names."""
    listed = set(parts(config))
    for name in names:
        unit = UNIT.fullmatch(name)
        if name not in listed and not (unit and unit[1] in listed and int(unit[2]) < config.hidden_dim):
            more = "cross_attention, blocks.0.cross_head.0, encoder.blocks.0, " if config.replies else ""
            raise InputError(
                f"the model has no part {name!r}. Choose positions, blocks.0, blocks.0.attention, blocks.0.head.0, "
                f"blocks.0.feed_forward, blocks.0.unit.0, {more}or another number; numbers begin at 0."
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

    found: dict[str, NDArray[np.float32]] = {}
    for stack, attentions in stacks(config):
        found[f"{stack}{POSITIONS}"] = on(f"{stack}{POSITIONS}")
        for number in range(config.num_layers):
            block = f"{stack}blocks.{number}"
            for part in attentions:
                heads = [on(f"{block}.{HEADS[part]}.{head}") for head in range(config.num_heads)]
                found[f"{block}.{part}.gathered"] = np.stack(heads, axis=1)  # (N, H)
            units = np.stack([without_units(config.hidden_dim, f"{block}.unit.", off) for off in variants])
            found[f"{block}.feed_forward.hidden"] = units[:, None]  # (N, 1, hidden)
            for part in (*attentions, "feed_forward"):  # `cross_attention` alone names that of all blocks
                found[f"{block}.{part}.output"] = on(block) * on(f"{block}.{part}") * on(part)  # (N,)
    return found


def switches(masked: Mapping[str, Any]) -> dict[str, Edit]:
    """Return the edits that multiply by `masks`."""
    return {
        name: functools.partial(without_positions if name.endswith(POSITIONS) else scale, on=mask)
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
