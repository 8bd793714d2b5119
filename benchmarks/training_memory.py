"""Measure the peak resident memory of training at the size of `nano`: nanoGPT's command and ours."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import command
import machine
import processes
from nanogpt import NanoGPT
from ours import events_of, train_command
from rounds import alternate, median, ratio, verdict

MARK = 1.0  # the highest ratio of our peak to nanoGPT's
SEED = 1  # for our side; nanoGPT has its own
STEPS = 5  # the peak is read after these; every step after the first needs the same
FLAGS = f"--preset nano --batch-size 16 --seed {SEED}"
# The recipe, but with another batch size, and a tenth of its evaluation batches, which does not change the peak.
THEIRS = {"device": "cpu", "compile": "False", "batch_size": "16", "eval_iters": "20", "log_interval": "1"}


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__)
    parser.add_argument("--flags", default=FLAGS, metavar="FLAGS", help=f"our training flags (default: {FLAGS})")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    peer = NanoGPT(flags.nanogpt, flags.python)
    rounds = alternate(
        {"nanogpt": lambda: their_peak(peer), "ours": lambda: our_peak(flags.flags.split())}, flags.rounds, warm=0
    )
    found: dict[str, Any] = {
        "nanogpt_mb": median(rounds, "nanogpt"),
        "ours_mb": median(rounds, "ours"),
        "ours_to_nanogpt": ratio(rounds, "ours", "nanogpt"),
    }
    print(f"nanoGPT eager, peak  {found['nanogpt_mb']:>8,.0f} MB")
    print(f"ours, peak           {found['ours_mb']:>8,.0f} MB")
    wanted = verdict(found["ours_to_nanogpt"], MARK, at_least=False)
    print(f"ours to nanoGPT      {found['ours_to_nanogpt']:>8.2f}    {wanted}")
    about = {"machine": machine.describe(), "nanogpt": peer.describe(), "flags": flags.flags}
    command.write(flags.json, {**about, **found, "rounds": rounds})
    return 0


def their_peak(peer: NanoGPT) -> float:
    """Return nanoGPT's peak after a few steps, in megabytes."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        peer.prepare(folder)
        given = peer.train_command(**THEIRS)
        with processes.started(given, folder, processes.environment(folder / "caches")) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if re.match(f"iter {STEPS}:", line):
                    return machine.memory(process.pid)["peak"]
        raise processes.failure(given, folder)


def our_peak(flags: list[str]) -> float:
    """Return our peak after a few steps, in megabytes, including the first evaluation, sample and checkpoint."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        run = folder / "run"
        variables = processes.environment(folder / "caches")
        with processes.started(train_command(run, *flags), folder, variables) as process:
            for event in events_of(process, run):
                if event["event"] == "train" and event["step"] >= STEPS:
                    break
            return machine.memory(process.pid)["peak"]


if __name__ == "__main__":
    sys.exit(main())
