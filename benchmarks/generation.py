"""Measure the speed of text generation at the size of `nano`: our Python, our SavedModel and nanoGPT, in turn."""

import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import command
import machine
from nanogpt import NanoGPT
from peer import Peer
from processes import environment
from rounds import Round, alternate, median, ratio, verdict

PEERS = Path(__file__).parent / "peers"
MARKS = {"one stream of 1,000": 20.0, "64 at once, full context": 100.0}
# Number of texts, new characters per text, characters of each prompt.
QUESTIONS = {"one stream of 1,000": (1, 1000, 1), "64 at once, full context": (64, 256, 256)}
# With a full context nanoGPT takes equally long for every character: eight are enough, 256 would take an hour.
SHORTER = {"one stream of 1,000": (1, 1000, 1), "64 at once, full context": (64, 8, 256)}
SERVED_MARK = 0.9  # the SavedModel's speed relative to our Python


def start(peer: NanoGPT, folder: Path, ended: contextlib.ExitStack) -> dict[str, Peer]:
    """Start the processes of all sides.

    Args:
        peer: nanoGPT.
        folder: The folder for all caches.
        ended: The exit stack that ends them.

    Returns:
        The processes by name.
    """
    ours = (sys.executable, str(PEERS / "our_generate.py"))
    commands = {
        "nanoGPT": (str(peer.python), str(PEERS / "nanogpt_generate.py"), str(peer.checkout)),
        "python": (*ours, "python"),
        "savedmodel": (*ours, "savedmodel"),
    }
    variables = environment(folder)
    return {name: ended.enter_context(Peer(*given, variables=variables)) for name, given in commands.items()}


def characters_per_s(peer: Peer, question: tuple[int, int, int]) -> float:
    """Ask a peer to write, and return its speed in characters per second."""
    return question[0] * question[1] / peer.ask(*question)


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
    results: dict[str, Any] = {"machine": machine.describe(), "nanogpt": peer.describe()}
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as folder, contextlib.ExitStack() as ended:
        peers = start(peer, Path(folder), ended)
        for title, question in QUESTIONS.items():
            asked = {name: SHORTER[title] if name == "nanoGPT" else question for name in peers}
            sides = {
                name: lambda side=side, question=asked[name]: characters_per_s(side, question)
                for name, side in peers.items()
            }
            results[title] = summary(alternate(sides, flags.rounds))
            print("\n".join(table(title, results[title])), flush=True)
    command.write(flags.json, results)
    return 0


def summary(rounds: list[Round]) -> dict[str, Any]:
    """Return the medians of the speeds and of their ratios within a round."""
    return {
        "characters_per_s": {name: round(median(rounds, name), 1) for name in rounds[0]},
        "python_to_nanogpt": ratio(rounds, "python", "nanoGPT"),
        "savedmodel_to_python": ratio(rounds, "savedmodel", "python"),
        "rounds": rounds,
    }


def table(title: str, found: dict[str, Any]) -> list[str]:
    """Return the measurements as lines."""
    lines = [f"{title}: {name:<28}{speed:>10,.0f} characters/s" for name, speed in found["characters_per_s"].items()]
    marks = {"python_to_nanogpt": MARKS[title], "savedmodel_to_python": SERVED_MARK}
    for name, mark in marks.items():
        lines.append(f"{title}: {name:<28}{found[name]:>10.2f} {verdict(found[name], mark)}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
