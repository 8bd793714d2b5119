"""Measures how long a command takes to a given loss with no cache but Python's: nanoGPT's laptop recipe, and ours."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import command
import machine
import processes
from nanogpt import DATASET, LAPTOP, OUT, NanoGPT
from ours import result, train_command
from rounds import median, ratio, verdict

# What nanoGPT's laptop recipe was measured to end at on two such cores, in nats per character of the exact validation
# split; if it ends lower in a round, that counts.
LOSS = 1.8935
MARK = 0.25  # of its time
FLAGS = "--preset quick"
FIRST_SEED = 201  # of ours, another one each round; nanoGPT has its own
SCORER = Path(__file__).parent / "peers" / "nanogpt_score.py"
MODES = {"eager": "False", "compiled": "True"}


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; the process's own when not given.

    Returns:
        The exit status; a missed mark is no error.
    """
    parser = command.make_parser(__doc__)
    parser.add_argument("--flags", default=FLAGS, metavar="FLAGS", help=f"what we train with (default: {FLAGS})")
    steps = LAPTOP["max_iters"]
    parser.add_argument("--peer-steps", default=steps, metavar="N", help=f"fewer, to try this (default {steps})")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    peer = NanoGPT(flags.nanogpt, flags.python)
    before = machine.load()
    modes, rounds = list(MODES), list[dict[str, Any]]()
    for number in range(flags.rounds):
        theirs = {mode: run_theirs(peer, mode, flags.peer_steps) for mode in modes}
        modes = [min(theirs, key=lambda mode: theirs[mode]["seconds"])]  # the faster one goes on
        rounds.append({"nanogpt": theirs, "ours": run_ours(flags.flags.split(), FIRST_SEED + number)})
        print(f"round {number + 1}: {modes[0]} {theirs[modes[0]]}, ours {rounds[-1]['ours']}", flush=True)
    found = summary(rounds, modes[0])
    print("\n".join(table(found)))
    about = {"machine": machine.describe(), "nanogpt": peer.describe(), "load_before": before, "flags": flags.flags}
    about["nanogpt_steps"] = flags.peer_steps
    command.write(flags.json, {**about, **found, "rounds": rounds})
    return 0


def run_theirs(peer: NanoGPT, mode: str, steps: str) -> dict[str, Any]:
    """Run nanoGPT's own training to its end, then score what it has saved."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        peer.prepare(folder)
        flags = {**LAPTOP, "compile": MODES[mode], "max_iters": steps, "lr_decay_iters": steps}
        seconds, output = processes.run(peer.train_command(**flags), folder, processes.environment(folder / "caches"))
        estimates = re.findall(r"val loss (\S+)", output)
        saved = folder / OUT / "ckpt.pt"
        scorer = [str(peer.python), str(SCORER), str(peer.checkout), str(saved), str(folder / DATASET)]
        # There is none after a trial of fewer steps than lie between its evaluations.
        exact = float(subprocess.check_output(scorer, text=True).split()[-1]) if saved.exists() else None
    return {"seconds": round(seconds, 2), "estimated_loss": float(estimates[-1]), "loss": exact}


def run_ours(flags: list[str], seed: int) -> dict[str, Any]:
    """Run our training to its end."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        run = folder / "run"
        seconds, _ = processes.run(
            train_command(run, *flags, "--seed", str(seed)), folder, processes.environment(folder / "caches")
        )
        return {"seconds": round(seconds, 2), "seed": seed, **result(run)}


def summary(rounds: list[dict[str, Any]], mode: str) -> dict[str, Any]:
    """Take the medians of the times, and of their ratios within a round, and the worst of our losses."""
    worst = max(each["ours"]["loss"] for each in rounds)
    theirs = [each["nanogpt"][mode]["loss"] for each in rounds]
    times = [{"nanogpt": each["nanogpt"][mode]["seconds"], "ours": each["ours"]["seconds"]} for each in rounds]
    return {
        "nanogpt_mode": mode,
        "nanogpt_s": round(median(times, "nanogpt"), 1),
        "ours_s": round(median(times, "ours"), 1),
        "ours_to_nanogpt": ratio(times, "ours", "nanogpt"),
        "nanogpt_losses": theirs,
        "our_losses": [each["ours"]["loss"] for each in rounds],
        "reached": None not in theirs and worst <= min(LOSS, *theirs),
    }


def table(found: dict[str, Any]) -> list[str]:
    """Write what was measured as lines."""
    worst = max(found["our_losses"])
    saved = [loss for loss in found["nanogpt_losses"] if loss is not None]
    theirs = f"{min(saved):.4f} at best" if saved else "not saved"
    wanted = verdict(found["ours_to_nanogpt"], MARK, at_least=False) if found["reached"] else "loss NOT REACHED"
    return [
        f"nanoGPT {found['nanogpt_mode']}, from start to exit  {found['nanogpt_s']:>8.1f} s  loss {theirs}",
        f"ours, from start to exit             {found['ours_s']:>8.1f} s  loss {worst:.4f} at worst",
        f"ours to nanoGPT                      {found['ours_to_nanogpt']:>8.2f}    {wanted}",
    ]


if __name__ == "__main__":
    sys.exit(main())
