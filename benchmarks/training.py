"""Measures how fast nanoGPT, eager and compiled, and we train the same architectures on the same batches, in turn."""

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import command
import machine
from flops import step_flops
from nanogpt import NanoGPT
from peer import Peer
from rounds import Round, alternate, median, ratio, verdict

from tinygpt_keras.config import PRESETS

PEERS = Path(__file__).parent / "peers"
SEED = 1  # of both sides: first weights, batches and dropout
MARK = 1.25  # of nanoGPT's better one
PEAK_MARK = 0.6  # of the machine's peak, where it is looked at
SIZES = (2048, 4096)  # of the products that show the peak: smaller ones do not reach it, larger ones gain nothing
THEIRS = ("eager", "compiled")


@dataclass(frozen=True)
class Question:
    """What is trained in a round."""

    preset: str
    batch_size: int
    steps: int
    peak: bool = False
    """Whether the share of the machine's peak is looked at."""


# About ten seconds a side and round.
QUESTIONS = (Question("nano-cpu", 12, 200), Question("nano", 16, 4, peak=True))


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; the process's own when not given.

    Returns:
        The exit status; a missed mark is no error.
    """
    parser = command.make_parser(__doc__)
    names = [question.preset for question in QUESTIONS]
    parser.add_argument("--only", choices=names, metavar="NAME", help=f"one of: {', '.join(names)}")
    flags = parser.parse_args(argv)
    peer = NanoGPT(flags.nanogpt, flags.python)
    results: dict[str, Any] = {"machine": machine.describe(), "nanogpt": peer.describe(), "seed": SEED}
    for question in QUESTIONS:
        if flags.only in (None, question.preset):
            results[question.preset] = measure(question, peer, flags.rounds)
            print("\n".join(table(question, results[question.preset])), flush=True)
    command.write(flags.json, results)
    return 0


def measure(question: Question, peer: NanoGPT, count: int) -> dict[str, Any]:
    """Ask all sides in turn.

    Args:
        question: What they train.
        peer: nanoGPT.
        count: How many rounds are counted.

    Returns:
        Medians, ratios within a round, and all rounds: characters a second, and operations a second for the products.
    """
    before = machine.load()
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as folder:
        text = peer.prepare(Path(folder)) / "train.bin"
        peers = {mode: start_theirs(question, peer, text, mode) for mode in THEIRS}
        peers["ours"] = start_ours(question)
        characters = question.steps * question.batch_size * PRESETS[question.preset].model.block_size
        sides = {
            name: lambda asked=asked: characters / asked.ask("train", question.steps) for name, asked in peers.items()
        }
        if question.peak:
            for name in ("eager", "ours"):
                sides |= {
                    f"product of {size}, {name}": lambda asked=peers[name], size=size: (
                        2 * size**3 / asked.ask("product", size)
                    )
                    for size in SIZES
                }
        rounds = alternate(sides, count)
        for asked in peers.values():
            asked.close()
    return {
        "load_before": before,
        "load_of_waiting_peers": {name: asked.waiting_load() for name, asked in peers.items()},
        **summary(question, rounds),
    }


def start_theirs(question: Question, peer: NanoGPT, text: Path, mode: str) -> Peer:
    """Start nanoGPT with a preset's architecture."""
    model = PRESETS[question.preset].model
    shape = (question.batch_size, model.block_size, model.num_layers, model.num_heads, model.embed_dim)
    arguments = [peer.checkout, text, mode, *shape, model.attention_dropout]
    return Peer(str(peer.python), str(PEERS / "nanogpt_train.py"), *map(str, arguments))


def start_ours(question: Question) -> Peer:
    """Start ours with a preset's architecture and recipe."""
    flags = ["--preset", question.preset, "--batch-size", str(question.batch_size), "--seed", str(SEED)]
    return Peer(sys.executable, str(PEERS / "our_train.py"), *flags)


def summary(question: Question, rounds: list[Round]) -> dict[str, Any]:
    """Take the medians of the speeds, and of their ratios within a round."""
    found: dict[str, Any] = {
        "characters_per_s": {name: round(median(rounds, name)) for name in (*THEIRS, "ours")},
        "ours_to_nanogpt": ratio(rounds, "ours", *THEIRS),
    }
    if question.peak:
        model = PRESETS[question.preset].model
        flops = step_flops(model, question.batch_size) / (question.batch_size * model.block_size)  # a character
        peaks = [max(speed for name, speed in each.items() if name.startswith("product")) for each in rounds]
        found["peak_gflops"] = round(statistics.median(peaks) / 1e9, 1)
        found["share_of_peak"] = {
            name: round(
                statistics.median(each[name] * flops / peak for each, peak in zip(rounds, peaks, strict=True)), 3
            )
            for name in (*THEIRS, "ours")
        }
    return {**found, "rounds": rounds}


def table(question: Question, found: dict[str, Any]) -> list[str]:
    """Write what was measured as lines."""
    title = f"{question.preset}, batch {question.batch_size}"
    lines = [f"{title}: {name:<20}{speed:>10,} characters/s" for name, speed in found["characters_per_s"].items()]
    better = found["ours_to_nanogpt"]
    lines.append(f"{title}: {'ours to nanoGPT':<20}{better:>10.2f} {verdict(better, MARK)}")
    for name, share in found.get("share_of_peak", {}).items():
        wanted = verdict(share, PEAK_MARK) if name == "ours" else ""
        lines.append(f"{title}: {f'peak reached, {name}':<20}{share:>10.1%} {wanted}".rstrip())
    return lines


if __name__ == "__main__":
    sys.exit(main())
