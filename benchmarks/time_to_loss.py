"""Measure how long a command takes to reach a given loss: nanoGPT's laptop recipe and ours.

All caches start cold, except Python's compiled modules, which pip installed, and the system's file cache.
"""

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

# The exact validation loss of nanoGPT's laptop recipe, in nats per character, in an earlier measurement on two such
# cores. If nanoGPT ends lower in a round, we have to reach that.
LOSS = 1.8935
MARK = 0.25  # the highest ratio of our time to nanoGPT's
FLAGS = "--preset quick"
FIRST_SEED = 201  # for our side, one more each round; nanoGPT has its own
SCORER = Path(__file__).parent / "peers" / "nanogpt_score.py"
MODES = {"eager": "False", "compiled": "True"}
PEER_STEPS = int(LAPTOP["max_iters"])


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__)
    parser.add_argument("--flags", default=FLAGS, metavar="FLAGS", help=f"our training flags (default: {FLAGS})")
    wanted = f"nanoGPT's steps; other than {PEER_STEPS:,} gives no verdict (default {PEER_STEPS})"
    parser.add_argument("--peer-steps", type=int, default=PEER_STEPS, metavar="N", help=wanted)
    flags = parser.parse_args(argv)
    command.end_cleanly()
    peer = NanoGPT(flags.nanogpt, flags.python)
    about = {"machine": machine.describe(), "nanogpt": peer.describe(), "load_before": machine.load()}
    about |= {"flags": flags.flags, "peer_steps": flags.peer_steps}
    modes, rounds = list(MODES), list[dict[str, Any]]()
    for number in range(flags.rounds):
        theirs = {mode: run_theirs(peer, mode, flags.peer_steps) for mode in modes}
        modes = [min(theirs, key=lambda mode: theirs[mode]["seconds"])]  # later rounds run only the faster one
        rounds.append({"nanogpt": theirs, "ours": run_ours(flags.flags.split(), FIRST_SEED + number)})
        print(f"round {number + 1}: {modes[0]} {theirs[modes[0]]}, ours {rounds[-1]['ours']}", flush=True)
        # Write after each round, so that a later failure loses none.
        command.write(flags.json, {**about, **summary(rounds, modes[0], flags.peer_steps), "rounds": rounds})
    print("\n".join(table(summary(rounds, modes[0], flags.peer_steps))))
    return 0


def run_theirs(peer: NanoGPT, mode: str, steps: int) -> dict[str, Any]:
    """Run nanoGPT's training to its end, then score its checkpoint."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        peer.prepare(folder)
        flags = {**LAPTOP, "compile": MODES[mode], "max_iters": str(steps), "lr_decay_iters": str(steps)}
        variables = processes.environment(folder / "caches")
        seconds, output = processes.run(peer.train_command(**flags), folder, variables)
        estimates = re.findall(r"val loss (\S+)", output)
        saved = folder / OUT / "ckpt.pt"
        scorer = [str(peer.python), str(SCORER), str(peer.checkout), str(saved), str(folder / DATASET)]
        # A trial with fewer steps than its evaluation interval saves no checkpoint.
        exact = float(subprocess.check_output(scorer, text=True, env=variables).split()[-1]) if saved.exists() else None
    return {"seconds": seconds, "estimated_loss": float(estimates[-1]), "loss": exact}


def run_ours(flags: list[str], seed: int) -> dict[str, Any]:
    """Run our training to its end."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        run = folder / "run"
        seconds, _ = processes.run(
            train_command(run, *flags, "--seed", str(seed)), folder, processes.environment(folder / "caches")
        )
        return {"seconds": seconds, "seed": seed, **result(run)}


def summary(rounds: list[dict[str, Any]], mode: str, peer_steps: int) -> dict[str, Any]:
    """Return the medians of the times and of their ratios within a round, and whether the loss was reached.

    Args:
        rounds: The results of both sides.
        mode: The nanoGPT mode that counts.
        peer_steps: nanoGPT's number of steps; only a full training gives a verdict.

    Returns:
        The numbers; only the medians of the times are rounded.
    """
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
        "reached": (None not in theirs and worst <= min(LOSS, *theirs)) if peer_steps == PEER_STEPS else None,
    }


def table(found: dict[str, Any]) -> list[str]:
    """Return the measurements as lines, with a verdict if both sides trained to the end."""
    worst = max(found["our_losses"])
    saved = [loss for loss in found["nanogpt_losses"] if loss is not None]
    theirs = f"{min(saved):.4f} at best" if saved else "not saved"
    wanted = verdict(found["ours_to_nanogpt"], MARK, at_least=False) if found["reached"] else "loss NOT REACHED"
    if found["reached"] is None:
        wanted = f"no verdict: nanoGPT did not train its {PEER_STEPS:,} steps"
    return [
        f"nanoGPT {found['nanogpt_mode']}, from start to exit  {found['nanogpt_s']:>8.1f} s  loss {theirs}",
        f"ours, from start to exit             {found['ours_s']:>8.1f} s  loss {worst:.4f} at worst",
        f"ours to nanoGPT                      {found['ours_to_nanogpt']:>8.2f}    {wanted}",
    ]


if __name__ == "__main__":
    sys.exit(main())
