"""Scores runs together, some at a time: each character's probability is the mean of what they say.

The runs are those that `losses.py --runs DIR` has kept.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import command
import machine
from losses import positive, summary
from rounds import verdict

from tinygpt_keras.runs.directory import RunDirectory


def main(argv: list[str] | None = None) -> int:
    """Score, print a table and write the numbers.

    Args:
        argv: The command's arguments; the process's own when not given.

    Returns:
        The exit status; a missed mark is no error.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run directories")
    parser.add_argument("--together", type=positive, metavar="N", help="how many make an ensemble (default: all)")
    parser.add_argument("--mark", type=float, metavar="LOSS", help="what the mean is to be at most")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    size = flags.together or len(flags.runs)
    if len(flags.runs) % size:
        parser.error(
            f"{len(flags.runs)} runs make no ensembles of {size}: give a multiple of it, or leave out --together"
        )
    if len({run.resolve() for run in flags.runs}) < len(flags.runs):
        parser.error("a run is given twice: name each once")
    about = {"machine": machine.describe(), "mark": flags.mark, "together": size}
    ensembles: list[dict[str, Any]] = []
    for place in range(0, len(flags.runs), size):
        ensembles.append(score(flags.runs[place : place + size]))
        print(row(ensembles[-1]), flush=True)
        # After each, so that none is lost with the next.
        command.write(flags.json, {**about, **summary(ensembles), "ensembles": ensembles})
    found = summary(ensembles)
    wanted = "" if flags.mark is None else verdict(found["mean"], flags.mark, at_least=False)
    print(f"mean of {len(ensembles)}  {found['mean']:.4f}  {wanted}".rstrip())
    return 0


def score(runs: Sequence[Path]) -> dict[str, Any]:
    """Score some runs, each alone and all together.

    Args:
        runs: Run directories.

    Returns:
        The loss, the members' names, seeds and losses, and the parameters of all.
    """
    configs = [RunDirectory(run).config() for run in runs]
    return {
        "loss": evaluate(runs)["loss"],
        "parameters": sum(config.model.parameters() for config in configs),
        "runs": [run.name for run in runs],
        "seeds": [config.seed for config in configs],
        "members": [evaluate([run])["loss"] for run in runs],
    }


def evaluate(runs: Sequence[Path]) -> dict[str, Any]:
    """Ask the command for the exact loss of a run, or of several together."""
    first, *others = map(str, runs)
    given = [sys.executable, "-m", "tinygpt_keras.evaluate", "--json", "--run", first]
    if others:
        given += ["--with", *others]
    return json.loads(subprocess.run(given, check=True, stdout=subprocess.PIPE, text=True).stdout)


def row(mixed: dict[str, Any]) -> str:
    """Write what one ensemble came to."""
    seeds = " ".join(map(str, mixed["seeds"]))
    alone = statistics.mean(mixed["members"])
    return f"seeds {seeds}: {mixed['loss']:.4f}, alone {alone:.4f} on average, {mixed['parameters']:,} parameters"


if __name__ == "__main__":
    sys.exit(main())
