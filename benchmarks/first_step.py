"""Measure the time from a command's start to its first training steps, nanoGPT and ours, cold and warm."""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command
import machine
import processes
from nanogpt import LAPTOP, NanoGPT
from ours import events_of, train_command
from rounds import alternate, median, ratio, verdict

MARK = 1.0  # the highest ratio of our time to nanoGPT's
SEED = 1  # for our side; nanoGPT has its own
FLAGS = ("--preset", "nano-cpu", "--seed", str(SEED))


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    flags = command.make_parser(__doc__).parse_args(argv)
    command.end_cleanly()
    peer = NanoGPT(flags.nanogpt, flags.python)
    results: dict[str, Any] = {"machine": machine.describe(), "nanogpt": peer.describe(), "seed": SEED}
    results["load_before"] = machine.load()
    moments: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as kept:
        caches = {"nanogpt": Path(kept) / "nanogpt", "ours": Path(kept) / "ours"}
        rounds = alternate(
            {
                "nanogpt cold": lambda: their_first_step(peer, None),
                "ours cold": lambda: our_first_step(None, moments),
                "nanogpt warm": lambda: their_first_step(peer, caches["nanogpt"]),
                "ours warm": lambda: our_first_step(caches["ours"], moments),
            },
            flags.rounds,
        )
    for number, state in enumerate(("cold", "warm")):
        found = {
            "nanogpt_s": round(median(rounds, f"nanogpt {state}"), 2),
            "ours_s": round(median(rounds, f"ours {state}"), 2),
            "ours_to_nanogpt": ratio(rounds, f"ours {state}", f"nanogpt {state}"),
            "our_moments_s": medians(moments[2 + number :: 2]),  # without the warm-up round, which filled the caches
        }
        results[state] = found
        print("\n".join(table(state, found)), flush=True)
    command.write(flags.json, {**results, "rounds": rounds})
    return 0


def their_first_step(peer: NanoGPT, kept: Path | None) -> float:
    """Return the time from nanoGPT's start to the output line of its first iteration.

    Args:
        peer: nanoGPT.
        kept: The folder of its caches; new caches if not given.

    Returns:
        Seconds.
    """
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        peer.prepare(folder)
        variables = processes.environment(kept or folder / "caches", bytecode=True)
        given = peer.train_command(**LAPTOP)
        start = time.perf_counter()
        with processes.started(given, folder, variables) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("iter 0:"):
                    return time.perf_counter() - start
        raise processes.failure(given, folder)


def our_first_step(kept: Path | None, moments: list[dict[str, float]]) -> float:
    """Return the time from our start to the first training report.

    The recipe trains several batches per call, so the report comes after that many steps. `--steps 1` would compile
    another, smaller program.

    Args:
        kept: The folder of our caches; new caches if not given.
        moments: Gets the time of the first event of each kind, in seconds from the start.

    Returns:
        Seconds.
    """
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        run = folder / "run"
        variables = processes.environment(kept or folder / "caches", bytecode=True)
        first: dict[str, float] = {}
        start = time.time()  # the clock of the events' times
        with processes.started(train_command(run, *FLAGS), folder, variables) as process:
            events = events_of(process, run)
            while "train" not in first:
                event = next(events)
                first.setdefault(event["event"], event["time"] - start)
        moments.append(first)
        return first["train"]


def medians(moments: list[dict[str, float]]) -> dict[str, float]:
    """Return the median time of each kind of event."""
    return {kind: round(statistics.median(each[kind] for each in moments), 2) for kind in moments[0]}


def table(state: str, found: dict[str, Any]) -> list[str]:
    """Return the measurements as lines."""
    moments = ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in found["our_moments_s"].items())
    return [
        f"{state}: nanoGPT eager    {found['nanogpt_s']:>7.2f} s",
        f"{state}: ours             {found['ours_s']:>7.2f} s  ({moments})",
        f"{state}: ours to nanoGPT  {found['ours_to_nanogpt']:>7.2f}    "
        f"{verdict(found['ours_to_nanogpt'], MARK, at_least=False)}",
    ]


if __name__ == "__main__":
    sys.exit(main())
