"""Train a recipe with several seeds and report the mean and spread of the losses.

Unknown flags go to `tinygpt_keras.train`.
"""

import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import command
import machine
import processes
from ours import result, train_command
from rounds import verdict

from tinygpt_keras.config import DEFAULT_PRESET, PRESETS

SEEDS = (201, 202, 203)
POLLED_S = 0.1
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def main(argv: list[str] | None = None) -> int:
    """Train, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--preset", choices=PRESETS, default=DEFAULT_PRESET, metavar="NAME", help="the recipe")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="N", help="one run each")
    parser.add_argument("--mark", type=float, metavar="LOSS", help="target: the highest accepted mean loss")
    parser.add_argument(
        "--at-once", type=positive, default=1, metavar="N", help="runs side by side; several get one thread each"
    )
    parser.add_argument("--runs", type=Path, metavar="DIR", help="folder that keeps the runs (default: none)")
    flags, further = parser.parse_known_args(argv)
    command.end_cleanly()
    about = {"machine": machine.describe(), "load_before": machine.load(), "preset": flags.preset, "flags": further}
    about |= {"mark": flags.mark, "at_once": flags.at_once}
    runs: list[dict[str, Any]] = []
    for place in range(0, len(flags.seeds), flags.at_once):
        seeds = flags.seeds[place : place + flags.at_once]
        for run in train(["--preset", flags.preset, *further], seeds, flags.preset, flags.runs):
            runs.append(run)
            print(row(run), flush=True)
            # Write after each run, so that a later failure loses none.
            command.write(flags.json, {**about, **summary(runs), "runs": runs})
    found = summary(runs)
    wanted = "" if flags.mark is None else verdict(found["mean"], flags.mark, at_least=False)
    spread = f"{found['lowest']:.4f} to {found['highest']:.4f}"
    deviation = f" ± {found['standard_deviation']:.4f}" if "standard_deviation" in found else ""
    print(f"mean       {found['mean']:.4f}{deviation}, {spread}  {wanted}".rstrip())
    return 0


def train(flags: list[str], seeds: Sequence[int], name: str, runs: Path | None) -> Iterator[dict[str, Any]]:
    """Train several seeds side by side. A single run uses all cores; several get one thread each, which is faster.

    Args:
        flags: The command's flags.
        seeds: One run per seed.
        name: The first part of the runs' names.
        runs: The folder that keeps the runs; `None` keeps none.

    Yields:
        The result of each run, in the order in which they end.

    Raises:
        RuntimeError: If a run fails; the others are then ended.
    """
    with contextlib.ExitStack() as ended:
        going = {}
        for seed in seeds:
            folder = Path(ended.enter_context(tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-")))
            run = (runs or folder).absolute() / f"{name}-{seed}"
            variables = processes.environment(folder / "caches") | (ONE_THREAD if len(seeds) > 1 else {})
            given = train_command(run, *flags, "--seed", str(seed))
            start = time.perf_counter()
            process = ended.enter_context(processes.started(given, folder, variables))
            going[seed] = process, start, folder, run
        while going:
            time.sleep(POLLED_S)
            for seed in [seed for seed, (process, *_) in going.items() if process.poll() is not None]:
                process, start, folder, run = going.pop(seed)
                if process.returncode:
                    raise processes.failure(process.args, folder)
                yield {"seed": seed, "wall_s": round(time.perf_counter() - start, 1), **result(run)}


def positive(text: str) -> int:
    """Parse a positive integer."""
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def row(run: dict[str, Any]) -> str:
    """Return the result of one run as a line."""
    return (
        f"seed {run['seed']:<5} {run['loss']:.4f} at step {run['best_step']:,} of {run['steps']:,}, "
        f"{run['wall_s']:,.0f} s, {run['characters_per_s']:,} characters/s, {run['parameters']:,} parameters"
    )


def summary(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Return mean, minimum and maximum of the exact losses, and of several the standard deviation."""
    losses = [run["loss"] for run in runs]
    found = {"mean": statistics.mean(losses), "lowest": min(losses), "highest": max(losses)}
    return found if len(losses) == 1 else {**found, "standard_deviation": statistics.stdev(losses)}


if __name__ == "__main__":
    sys.exit(main())
