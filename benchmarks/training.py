"""Measure the training speed of nanoGPT, eager and compiled, and ours, in turn, with equal models and batch sizes."""

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import command
import machine
from flops import step_flops
from nanogpt import NanoGPT
from peer import Peer
from rounds import Round, alternate, median, ratio, verdict
from trainers import MODES, PRECISIONS, QUESTIONS, SEED, Question, start

MARK = 1.25  # the lowest ratio of our speed to nanoGPT's faster mode
PEAK_MARK = 0.6  # the lowest share of the machine's peak
SIZES = (2048, 4096)  # of the square matrices whose product measures the peak
SIDES = (*MODES, *PRECISIONS)
FLOAT32 = (*MODES, "ours")  # comparable with the float32 peak


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__)
    names = [question.preset for question in QUESTIONS]
    parser.add_argument("--only", choices=names, metavar="NAME", help=f"one of: {', '.join(names)}")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    peer = NanoGPT(flags.nanogpt, flags.python)
    results: dict[str, Any] = {"machine": machine.describe(), "nanogpt": peer.describe(), "seed": SEED}
    for question in QUESTIONS:
        if flags.only in (None, question.preset):
            results[question.preset] = measure(question, peer, flags.rounds)
            print("\n".join(table(question, results[question.preset])), flush=True)
            command.write(flags.json, results)  # a later failure then loses none of these
    return 0


def measure(question: Question, peer: NanoGPT, count: int) -> dict[str, Any]:
    """Measure all sides in turn.

    Args:
        question: The training to measure.
        peer: nanoGPT.
        count: The number of counted rounds.

    Returns:
        Medians, ratios within a round, and all rounds: characters per second, and operations per second of products.
    """
    before = machine.load()
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name, contextlib.ExitStack() as ended:
        folder = Path(name)
        peers = start(question, peer, folder, ended)
        rounds = alternate(make_sides(question, peers), count)
        waiting = {name: asked.waiting_load() for name, asked in peers.items()}
    return {"load_before": before, "load_of_waiting_peers": waiting, **summary(question, rounds)}


def make_sides(question: Question, peers: dict[str, Peer]) -> dict[str, Callable[[], float]]:
    """Return the functions that measure each side's training and, for the peak, both libraries' matrix products."""

    def train(asked: Peer) -> float:
        return question.characters / asked.ask("train", question.steps)

    def multiply(asked: Peer, size: int) -> float:
        return 2 * size**3 / asked.ask("product", size)

    sides: dict[str, Callable[[], float]] = {name: lambda asked=asked: train(asked) for name, asked in peers.items()}
    if question.peak:
        for library, name in (("PyTorch", MODES[0]), ("TensorFlow", "ours")):
            for size in SIZES:
                sides[f"product of {size}, {library}"] = lambda asked=peers[name], size=size: multiply(asked, size)
    return sides


def summary(question: Question, rounds: list[Round]) -> dict[str, Any]:
    """Return the medians of the speeds and of their ratios within a round."""
    found: dict[str, Any] = {
        "characters_per_s": {name: round(median(rounds, name)) for name in SIDES},
        "ours_to_nanogpt": ratio(rounds, "ours", *MODES),
        "bfloat16_to_float32": ratio(rounds, "ours, bfloat16", "ours"),
    }
    if question.peak:
        flops = step_flops(question.model, question.batch_size) * question.steps / question.characters
        peaks = [max(speed for name, speed in each.items() if name.startswith("product")) for each in rounds]
        shares = [
            {name: each[name] * flops / peak for name in FLOAT32} for each, peak in zip(rounds, peaks, strict=True)
        ]
        found["peak_gflops"] = round(statistics.median(peaks) / 1e9, 1)
        found["share_of_peak"] = {name: median(shares, name) for name in FLOAT32}
    return {**found, "rounds": rounds}


def table(question: Question, found: dict[str, Any]) -> list[str]:
    """Return the measurements as lines."""
    title = f"{question.preset}, batch {question.batch_size}"
    lines = [f"{title}: {name:<24}{speed:>10,} characters/s" for name, speed in found["characters_per_s"].items()]
    better = found["ours_to_nanogpt"]
    lines.append(f"{title}: {'ours to nanoGPT':<24}{better:>10.2f} {verdict(better, MARK)}")
    lines.append(f"{title}: {'bfloat16 to float32':<24}{found['bfloat16_to_float32']:>10.2f}")
    for name, share in found.get("share_of_peak", {}).items():
        wanted = verdict(share, PEAK_MARK) if name == "ours" else ""
        lines.append(f"{title}: {f'share of peak, {name}':<24}{share:>10.3f} {wanted}".rstrip())
    return lines


if __name__ == "__main__":
    sys.exit(main())
