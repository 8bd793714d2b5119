"""Train the made tasks with each preset, and count exact replies with cross-attention and without."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command
import machine
import numpy as np
import processes
from ours import result, train_command

from tinygpt_keras.config.tasks import TASKS
from tinygpt_keras.runs.directory import RunDirectory

PRESETS = ("encdec", "paper")
MADE = tuple(name for name, task in TASKS.items() if task.is_made)
MARK, MARK_S = 0.99, 120  # of the exact replies, and the seconds of the whole command


def main(argv: list[str] | None = None) -> int:
    """Train, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--presets", choices=PRESETS, nargs="+", default=PRESETS, metavar="NAME", help="the recipes")
    parser.add_argument("--tasks", choices=MADE, nargs="+", default=MADE, metavar="NAME", help="what they learn")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the runs' seed (default 1)")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    about = {"machine": machine.describe(), "load_before": machine.load(), "seed": flags.seed}
    runs: list[dict[str, Any]] = []
    for preset in flags.presets:
        for task in flags.tasks:
            runs.append({"preset": preset, "task": task, **measure(preset, task, flags.seed)})
            print(row(runs[-1]), flush=True)
            command.write(flags.json, {**about, "runs": runs})  # after each run, so that a later failure loses none
    return 0


def measure(preset: str, task: str, seed: int) -> dict[str, Any]:
    """Train one run by the command, and count all its held-out replies."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        given = train_command(folder / "run", "--preset", preset, "--task", task, "--seed", str(seed))
        start = time.perf_counter()
        processes.run(given, folder, processes.environment(folder / "caches"))
        wall_s = round(time.perf_counter() - start, 1)
        return {"wall_s": wall_s, **result(folder / "run"), **exact_replies(RunDirectory(folder / "run"))}


def exact_replies(directory: RunDirectory) -> dict[str, float]:
    """Count a run's exact replies to all held-out sources, with cross-attention and with it switched off."""
    from tinygpt_keras.generation import Generator
    from tinygpt_keras.models.open import open_run
    from tinygpt_keras.runs.reading import run_corpus
    from tinygpt_keras.text.encoded_pairs import encode_corpus
    from tinygpt_keras.training.examples import examples_of

    config = directory.config()
    opened: Any = open_run(directory.path)
    pairs = encode_corpus(config.task, run_corpus(directory, config), opened.tokenizer, config.model.block_size)

    def share() -> float:
        found = examples_of(pairs).exactly_right(config, lambda: Generator(opened.model, opened.tokenizer))
        assert found is not None
        return found

    with_it = share()
    for block in opened.model.blocks:
        for variable in block.cross_attention.projection.trainable_variables:
            variable.assign(np.zeros(variable.shape))
    return {"exact": with_it, "exact_without_cross_attention": share()}


def row(run: dict[str, Any]) -> str:
    """Return the result of one run as a line."""
    met = "met" if run["exact"] > MARK and run["wall_s"] <= MARK_S else "missed"
    return (
        f"{run['preset']:<7} {run['task']:<8} {run['exact']:.2%} exact, {run['exact_without_cross_attention']:.2%} "
        f"without cross-attention, {run['steps']:,} steps, {run['wall_s']:,.0f} s  {met}"
    )


if __name__ == "__main__":
    sys.exit(main())
