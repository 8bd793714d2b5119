"""Every step of the tour on a sentence, each beside the form before it."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygpt_keras.errors import InputError
from tinygpt_keras.tour import ORDER, read_steps
from tinygpt_keras.tour.station import LONGEST, Kind, Station, Table
from tinygpt_keras.tour.weights import random_weights

EMBED_DIM, NUM_HEADS = 6, 2
SEED = 1
DECIMALS = 3
SCALED = "scaled_head", "several_heads", "block"
"""The steps that divide scores."""


def walk(sentence: str) -> tuple[dict[str, Station], dict[str, Station]]:
    """Compute every step on a sentence, with random weights that are always the same.

    Args:
        sentence: Between 1 and `LONGEST` characters.

    Returns:
        The stations by the names of their steps; and those of `SCALED` once more, without the division of scores.

    Raises:
        InputError: When the sentence is empty or too long.
    """
    if not 0 < len(sentence) <= LONGEST:
        raise InputError(f"the sentence has {len(sentence):,} characters. Give it between 1 and {LONGEST}.")
    x, weights = held(sentence), random_weights(EMBED_DIM, NUM_HEADS, SEED)
    steps = read_steps()
    scaled = {name: arrays(steps[name].tensors(x, weights)) for name in ORDER}
    unscaled = {name: arrays(steps[name].tensors(x, undivided(weights, name))) for name in SCALED}
    others = stations(x[0], {**scaled, **unscaled}, divided=False)
    return stations(x[0], scaled, divided=True), {name: others[name] for name in SCALED}


def held(sentence: str) -> np.ndarray:
    """Draw the numbers that each character holds, `(1, T, C)`; the same character always holds the same ones."""
    rows = [np.random.default_rng(ord(character)).normal(size=EMBED_DIM) for character in sentence]
    return np.stack(rows)[None].astype("float32")


def undivided(weights: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the weights of a step with queries so large that dividing the scores leaves them as they were."""
    head_dim = EMBED_DIM if name == "scaled_head" else EMBED_DIM // NUM_HEADS
    return {**weights, "query": weights["query"] * math.sqrt(head_dim)}


def arrays(tensors: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return tensors as arrays, without the batch, which is of one sentence."""
    found = {name: np.asarray(tensor) for name, tensor in tensors.items()}
    return {name: array[0] if array.ndim > 2 else array for name, array in found.items()}  # some have no batch


def stations(x: np.ndarray, found: Mapping[str, Mapping[str, np.ndarray]], divided: bool) -> dict[str, Station]:
    """Choose what to show of every step.

    Args:
        x: What each character holds, `(T, C)`.
        found: The tensors of each step, by the names of the step and the tensor.
        divided: Whether the scores of `SCALED` are divided.

    Returns:
        The stations by the names of their steps.
    """
    loop, matrix, softmax, head, scaled, heads, block = (found[name] for name in ORDER)
    scale = f"divided by √{EMBED_DIM}" if divided else "not divided either"
    return {
        "mean_by_loop": compare("channels", ("what each holds", x), ("the mean so far", loop["output"])),
        "mean_by_matrix": compare(
            "channels", ("by the loop", loop["output"]), ("by the matrix", matrix["output"]),
            table("the matrix", "weights", matrix["weights"]),
        ),
        "mean_by_softmax": compare(
            "weights", ("the matrix", matrix["weights"]), ("softmax of scores", softmax["weights"]),
            table("the scores", "scores", softmax["scores"]),
        ),
        "one_head": compare(
            "weights", ("before: all alike", softmax["weights"]), ("now: each chooses", head["weights"]),
            table("the scores", "scores", masked(head["scores"])),
        ),
        "scaled_head": compare(
            "weights", ("not divided", head["weights"]), (scale, scaled["weights"]),
            table(f"the scores, {scale}", "scores", masked(scaled["scores"])),
        ),
        "several_heads": compare(
            "weights", ("head 1", heads["weights"][0]), ("head 2", heads["weights"][1]),
            table("one wide head", "weights", scaled["weights"]),
        ),
        "block": compare(
            "channels", ("before the block", x), ("after the block", block["output"]),
            table("what attention adds", "channels", block["heard"]),
            table("what feed-forward adds", "channels", block["made"]),
        ),
    }  # fmt: skip


def compare(kind: Kind, before: tuple[str, np.ndarray], after: tuple[str, np.ndarray], *further: Table) -> Station:
    """Put two forms, each a title and a matrix, beside each other."""
    difference = float(np.abs(after[1] - before[1]).max())
    return Station(table(before[0], kind, before[1]), table(after[0], kind, after[1]), difference, list(further))


def masked(scores: np.ndarray) -> np.ndarray:
    """Return scores, `(T, T)`, with minus infinity for later characters, as softmax reads them."""
    return np.where(np.tril(np.ones_like(scores, bool)), scores, -math.inf)


def table(title: str, kind: Kind, matrix: np.ndarray) -> Table:
    """Return a matrix as a table of rounded numbers."""
    rounded = matrix.astype(float).round(DECIMALS) + 0.0  # never minus zero
    return Table(title, kind, [[None if value == -math.inf else value for value in row] for row in rounded.tolist()])
