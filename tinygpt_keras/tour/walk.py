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
SCALED = "scaled_head", "several_heads", "block", "looking_both_ways", "looking_across"
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
    weights = random_weights(EMBED_DIM, NUM_HEADS, SEED)
    scaled = computed(sentence, dict.fromkeys(ORDER, weights))
    unscaled = computed(sentence, {name: undivided(weights, name) if name in SCALED else weights for name in ORDER})
    others = stations(sentence, unscaled, divided=False)
    return stations(sentence, scaled, divided=True), {name: others[name] for name in SCALED}


def computed(sentence: str, weights: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, np.ndarray]]:
    """Compute the tensors of each step, by the names of the step and the tensor; `weights` are by the step's name.

    The last step looks from a reply to the sentence, which the step before has read.
    """
    x, steps, found = held(sentence), read_steps(), dict[str, dict[str, np.ndarray]]()
    is_there = np.ones((1, len(sentence)), bool)
    for name in ORDER[:-1]:
        found[name] = arrays(steps[name].tensors(x, {**weights[name], "is_there": is_there}))
    given = {**weights[ORDER[-1]], "is_there": is_there, "source": found["looking_both_ways"]["output"][None]}
    found[ORDER[-1]] = arrays(steps[ORDER[-1]].tensors(held(reply_to(sentence)), given))
    return found


def reply_to(sentence: str) -> str:
    """Return what replies to a sentence in the last step: the sentence backwards."""
    return sentence[::-1]


def held(sentence: str) -> np.ndarray:
    """Draw the numbers that each character holds, `(1, T, C)`; the same character always holds the same ones."""
    rows = [np.random.default_rng(ord(character)).normal(size=EMBED_DIM) for character in sentence]
    return np.stack(rows)[None].astype("float32")


def undivided(weights: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the weights of a step with queries so large that dividing the scores leaves them as they were."""
    head_dim = EMBED_DIM // NUM_HEADS if name in ("several_heads", "block") else EMBED_DIM
    return {**weights, "query": weights["query"] * math.sqrt(head_dim)}


def arrays(tensors: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return tensors as arrays, without the batch, which is of one sentence."""
    found = {name: np.asarray(tensor) for name, tensor in tensors.items()}
    return {name: array[0] if array.ndim > 2 else array for name, array in found.items()}  # some have no batch


def stations(sentence: str, found: Mapping[str, Mapping[str, np.ndarray]], divided: bool) -> dict[str, Station]:
    """Choose what to show of every step.

    Args:
        sentence: The sentence, of T characters.
        found: The tensors of each step, by the names of the step and the tensor.
        divided: Whether the scores of `SCALED` are divided.

    Returns:
        The stations by the names of their steps.
    """
    loop, matrix, softmax, head, scaled, heads, block, both_ways, across = (found[name] for name in ORDER)
    x, reply = held(sentence)[0], reply_to(sentence)
    scale = f"divided by √{EMBED_DIM}" if divided else "not divided"
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
            table("queries: what each looks for", "channels", head["queries"]),
            table("keys: what each is found by", "channels", head["keys"]),
            table("the scores", "scores", masked(head["scores"])),
            table("values: what each hands over", "channels", head["values"]),
        ),
        "scaled_head": compare(
            "weights", ("not divided", head["weights"]), (scale if divided else f"{scale} either", scaled["weights"]),
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
        "looking_both_ways": compare(
            "weights", ("only back", scaled["weights"]), ("both ways", both_ways["weights"], True),
            table(f"the scores, {scale}", "scores", both_ways["scores"], True),
        ),
        "looking_across": compare(
            "weights", ("at itself, both ways", both_ways["weights"], True), ("across", across["weights"], True, reply),
            table(f"the scores, {scale}", "scores", across["scores"], True, reply),
        ),
    }  # fmt: skip


def compare(kind: Kind, before: tuple[Any, ...], after: tuple[Any, ...], *further: Table) -> Station:
    """Put two forms, each a title, a matrix and the other arguments of `table`, beside each other."""
    (title, matrix, *how), (other_title, other, *other_how) = before, after
    tables = table(title, kind, matrix, *how), table(other_title, kind, other, *other_how)
    return Station(*tables, float(np.abs(other - matrix).max()), list(further))


def masked(scores: np.ndarray) -> np.ndarray:
    """Return scores, `(T, T)`, with minus infinity for later characters, as softmax reads them."""
    return np.where(np.tril(np.ones_like(scores, bool)), scores, -math.inf)


def table(title: str, kind: Kind, matrix: np.ndarray, sees_all: bool = False, reply: str = "") -> Table:
    """Return a matrix as a table of rounded numbers; see `Table`."""
    rounded = matrix.astype(float).round(DECIMALS) + 0.0  # never minus zero
    rows = [[None if value == -math.inf else value for value in row] for row in rounded.tolist()]
    return Table(title, kind, rows, sees_all, reply)
