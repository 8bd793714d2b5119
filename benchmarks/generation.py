"""Measures how fast text is written, by us, by our SavedModel and by nanoGPT, in turn, at the size of `nano`."""

import sys
from pathlib import Path
from typing import Any

import command
import machine
from peer import Peer
from rounds import Round, alternate, median, ratio, verdict

PEERS = Path(__file__).parent / "peers"
MARKS = {"one stream of 1,000": 20.0, "64 at once, full context": 100.0}
# Texts at once, new characters of each, characters of the prompt.
QUESTIONS = {"one stream of 1,000": (1, 1000, 1), "64 at once, full context": (64, 256, 256)}
# Where the context is full nanoGPT takes equally long for every character: eight of them tell, 256 would take an hour.
SHORTER = {"one stream of 1,000": (1, 1000, 1), "64 at once, full context": (64, 8, 256)}
SERVED_MARK = 0.9  # of our own Python


def characters_per_s(peer: Peer, question: tuple[int, int, int]) -> float:
    """Ask a peer to write, and give how many characters it wrote in a second."""
    return question[0] * question[1] / peer.ask(*question)


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; the process's own when not given.

    Returns:
        The exit status; a missed mark is no error.
    """
    flags = command.make_parser(__doc__).parse_args(argv)
    peers = {
        "nanoGPT": Peer(str(flags.python), str(PEERS / "nanogpt_generate.py"), str(flags.nanogpt)),
        "python": Peer(sys.executable, str(PEERS / "our_generate.py"), "python"),
        "savedmodel": Peer(sys.executable, str(PEERS / "our_generate.py"), "savedmodel"),
    }
    results: dict[str, Any] = {"machine": machine.describe(), "nanoGPT": peers["nanoGPT"].about}
    for title, question in QUESTIONS.items():
        asked = {name: SHORTER[title] if name == "nanoGPT" else question for name in peers}
        sides = {
            name: lambda peer=peer, question=asked[name]: characters_per_s(peer, question)
            for name, peer in peers.items()
        }
        rounds = alternate(sides, flags.rounds)
        results[title] = summary(rounds)
        print("\n".join(table(title, results[title])), flush=True)
    for peer in peers.values():
        peer.close()
    command.write(flags.json, results)
    return 0


def summary(rounds: list[Round]) -> dict[str, Any]:
    """Take the medians of the speeds, and of their ratios within a round."""
    return {
        "characters_per_s": {name: round(median(rounds, name), 1) for name in rounds[0]},
        "python_to_nanogpt": ratio(rounds, "python", "nanoGPT"),
        "savedmodel_to_python": ratio(rounds, "savedmodel", "python"),
        "rounds": rounds,
    }


def table(title: str, found: dict[str, Any]) -> list[str]:
    """Write what was measured as lines."""
    lines = [f"{title}: {name:<28}{speed:>10,.0f} characters/s" for name, speed in found["characters_per_s"].items()]
    marks = {"python_to_nanogpt": MARKS[title], "savedmodel_to_python": SERVED_MARK}
    for name, mark in marks.items():
        lines.append(f"{title}: {name:<28}{found[name]:>10.2f} {verdict(found[name], mark)}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
