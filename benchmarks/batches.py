"""Measure how often a text in a batch differs from the same text alone."""

import sys
from typing import Any

import command
import machine
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from tinygpt_keras.generation import Generator, Knobs
from tinygpt_keras.generation.sampling import KNOB_TYPES, candidates
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.reading import find_run
from tinygpt_keras.text.corpus import read_tiny_shakespeare

TEMPERATURE = 0.8
SEEN = 200  # characters in the longest prompt


def settings(seeds: range) -> Knobs:
    """Return the default sampling settings, one row per seed."""
    values = ([TEMPERATURE] * len(seeds), [0] * len(seeds), [1.0] * len(seeds), [0.0] * len(seeds), seeds)
    return Knobs(*(np.array(column, dtype) for column, dtype in zip(values, KNOB_TYPES, strict=True)))


def draws(logits: Any, knobs: Knobs) -> tuple[Any, Any]:
    """Compute the cumulative probabilities that `choose` draws from, rarest first, and the ids in that order."""
    chances, order = candidates(logits, knobs)
    return ops.cumsum(ops.flip(chances, axis=-1), axis=-1), ops.flip(order, axis=-1)


DRAWS = {xla: tf.function(draws, autograph=False, jit_compile=xla) for xla in (True, False)}


def written(generator: Generator, prompts: list[str], seeds: range, count: int, xla: bool) -> dict[str, Any]:
    """Write character by character and record the distribution of each.

    Args:
        generator: The model's generator.
        prompts: One or several prompts.
        seeds: One seed per prompt.
        count: The number of characters.
        xla: Whether to compile with XLA, which takes a single prompt.

    Returns:
        The ids, `(B, N)`, and for each its logits, with the sums and order of `draws`, `(B, N, V)`.
    """
    compiled, knobs = generator._compiled, settings(seeds)
    rank = DRAWS[xla]
    state, notes = compiled.begin(*generator._prompt_ids(prompts)), []
    for _ in range(count):
        logits = state["logits"]
        sums, order = rank(logits, knobs)
        state, ids = compiled.advance_one(state, 1, knobs) if xla else compiled.advance(state, np.int32(1), knobs)
        notes.append((np.asarray(ids)[:, 0], np.asarray(logits), np.asarray(sums, np.float64), np.asarray(order)))
    parts = (np.stack(part, 1) for part in zip(*notes, strict=True))
    return dict(zip(("ids", "logits", "sums", "order"), parts, strict=True))


def share_that_differs(one: dict[str, NDArray[Any]], other: dict[str, NDArray[Any]]) -> float:
    """Return the share of random numbers that draw different characters from two distributions of one place."""
    edges = np.unique(np.clip(np.concatenate([[0.0, 1.0], one["sums"], other["sums"]]), 0, 1))
    # Values of 1 minus the random number: between two edges the draw is constant.
    middles = (edges[1:] + edges[:-1]) / 2
    taken = [
        side["order"][np.minimum(np.searchsorted(side["sums"], middles), len(side["order"]) - 1)]
        for side in (one, other)
    ]
    return float(np.diff(edges)[taken[0] != taken[1]].sum())


def compare(together: dict[str, NDArray[Any]], alone: list[dict[str, NDArray[Any]]]) -> dict[str, Any]:
    """Compare the rows of a batch with the same texts alone, up to the first character that differs."""
    shares, apart, differing = [], 0.0, 0
    for row, single in enumerate(alone):
        same = together["ids"][row] == single["ids"][0]
        until = len(same) if same.all() else int(same.argmin()) + 1
        differing += not same.all()
        for place in range(until):
            pair = [
                {name: part[at, place] for name, part in side.items()} for at, side in ((row, together), (0, single))
            ]
            apart = max(apart, float(np.abs(pair[0]["logits"] - pair[1]["logits"]).max()))
            shares.append(share_that_differs(*pair))
    return {
        "characters": len(shares),
        "texts_that_differ": differing,
        "logits_apart": apart,
        "one_character_in": round(1 / max(float(np.mean(shares)), 1e-12)),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure, print and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--run", metavar="DIR", help="a run (default: the newest, else the pretrained model)")
    parser.add_argument("--rows", type=int, default=16, metavar="N", help="texts at once (default 16)")
    parser.add_argument("--characters", type=int, default=250, metavar="N", help="characters per text (default 250)")
    flags = parser.parse_args(argv)
    run = open_run(find_run(flags.run))
    generator = Generator(run.model, run.tokenizer)
    text, random = read_tiny_shakespeare().text, np.random.default_rng(0)
    starts = random.integers(0, len(text) - SEEN, flags.rows)
    prompts = [text[start : start + random.integers(1, SEEN)] for start in starts]
    together = written(generator, prompts, range(flags.rows), flags.characters, xla=False)
    results: dict[str, Any] = {"machine": machine.describe(), "run": run.directory.path.name}
    for name, xla in (("alone by XLA", True), ("alone without", False)):
        alone = [written(generator, [p], range(s, s + 1), flags.characters, xla) for s, p in enumerate(prompts)]
        results[name] = compare(together, alone)
        print(f"{name}: {results[name]}", flush=True)
    command.write(flags.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
