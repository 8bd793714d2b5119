"""Score ensembles of runs: each character's probability is the mean of the members' probabilities.

The runs come from `losses.py --runs DIR`.
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
    """Score the ensembles, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run directories")
    parser.add_argument("--together", type=positive, metavar="N", help="runs per ensemble (default: all)")
    parser.add_argument("--mark", type=float, metavar="LOSS", help="target: the highest accepted mean loss")
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
        # Write after each ensemble, so that a later failure loses none.
        command.write(flags.json, {**about, **summary(ensembles), "ensembles": ensembles})
    found = summary(ensembles)
    wanted = "" if flags.mark is None else verdict(found["mean"], flags.mark, at_least=False)
    print(f"mean of {len(ensembles)}  {found['mean']:.4f}  {wanted}".rstrip())
    return 0


def score(runs: Sequence[Path]) -> dict[str, Any]:
    """Score runs, each alone and all together.

    Args:
        runs: Run directories.

    Returns:
        The ensemble's loss and total parameters, and the members' names, seeds and losses.
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
    """Run `tinygpt_keras.evaluate` for the exact loss of a run or an ensemble."""
    first, *others = map(str, runs)
    given = [sys.executable, "-m", "tinygpt_keras.evaluate", "--json", "--run", first]
    if others:
        given += ["--with", *others]
    return json.loads(subprocess.run(given, check=True, stdout=subprocess.PIPE, text=True).stdout)


def row(mixed: dict[str, Any]) -> str:
    """Return the result of one ensemble as a line."""
    seeds = " ".join(map(str, mixed["seeds"]))
    alone = statistics.mean(mixed["members"])
    return f"seeds {seeds}: {mixed['loss']:.4f}, alone {alone:.4f} on average, {mixed['parameters']:,} parameters"


if __name__ == "__main__":
    sys.exit(main())
