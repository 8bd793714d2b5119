"""Measures how fast text is written, by us, by our SavedModel and by nanoGPT, in turn, at the size of `nano`."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine

from tinygpt_keras import atomic

PEERS = Path(__file__).parent / "peers"
TIMES = 5
MARKS = {"one stream of 1,000": 20.0, "64 at once, full context": 100.0}
# Texts at once, new characters of each, characters of the prompt.
QUESTIONS = {"one stream of 1,000": (1, 1000, 1), "64 at once, full context": (64, 256, 256)}
# Where the context is full nanoGPT takes equally long for every character: eight of them tell, 256 would take an hour.
SHORTER = {"one stream of 1,000": (1, 1000, 1), "64 at once, full context": (64, 8, 256)}
SERVED_MARK = 0.9  # of our own Python


class Peer:
    """A process that writes when asked, warm between the questions.

    Args:
        command: What starts it.
    """

    def __init__(self, *command: str) -> None:
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet
        )
        while not (about := self._answer()).startswith("ready"):
            pass
        self.about = about.removeprefix("ready").strip()

    def characters_per_s(self, question: tuple[int, int, int]) -> float:
        """Ask it to write, and give how many characters it wrote in a second."""
        assert self._process.stdin is not None
        print(*question, file=self._process.stdin, flush=True)
        return question[0] * question[1] / float(self._answer())

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"{self._process.args} has ended without an answer")
        return answer


def make_parser() -> argparse.ArgumentParser:
    """Make the command's flags."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nanogpt", type=Path, required=True, metavar="DIR", help="a checkout of karpathy/nanoGPT")
    parser.add_argument("--python", type=Path, required=True, metavar="FILE", help="a Python that has PyTorch")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all numbers are written to")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; the process's own when not given.

    Returns:
        The exit status; a missed mark is no error.
    """
    flags = make_parser().parse_args(argv)
    peers = {
        "nanoGPT": Peer(str(flags.python), str(PEERS / "nanogpt_generate.py"), str(flags.nanogpt)),
        "python": Peer(sys.executable, str(PEERS / "our_generate.py"), "python"),
        "savedmodel": Peer(sys.executable, str(PEERS / "our_generate.py"), "savedmodel"),
    }
    results: dict[str, Any] = {"machine": machine.describe(), "nanoGPT": peers["nanoGPT"].about}
    for title, question in QUESTIONS.items():
        asked = {name: SHORTER[title] if name == "nanoGPT" else question for name in peers}
        rounds = [{name: peer.characters_per_s(asked[name]) for name, peer in peers.items()} for _ in range(TIMES + 1)][
            1:
        ]  # the first time warms up
        results[title] = summary(rounds)
        print("\n".join(table(title, results[title])), flush=True)
    for peer in peers.values():
        peer.close()
    if flags.json is not None:
        atomic.write_text(flags.json, json.dumps(results, indent=2) + "\n")
    return 0


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Take the medians of the speeds, and of their ratios within a round."""
    return {
        "characters_per_s": {name: round(statistics.median(each[name] for each in rounds), 1) for name in rounds[0]},
        "python_to_nanogpt": ratio(rounds, "python", "nanoGPT"),
        "savedmodel_to_python": ratio(rounds, "savedmodel", "python"),
        "rounds": rounds,
    }


def ratio(rounds: list[dict[str, float]], ours: str, theirs: str) -> float:
    """Give the median of one's speed over another's in the same round."""
    return round(statistics.median(each[ours] / each[theirs] for each in rounds), 2)


def table(title: str, found: dict[str, Any]) -> list[str]:
    """Write what was measured as lines."""
    lines = [f"{title}: {name:<28}{speed:>10,.0f} characters/s" for name, speed in found["characters_per_s"].items()]
    marks = {"python_to_nanogpt": MARKS[title], "savedmodel_to_python": SERVED_MARK}
    for name, mark in marks.items():
        verdict = "met" if found[name] >= mark else "MISSED"
        lines.append(f"{title}: {name:<28}{found[name]:>10.2f} mark {mark:g}: {verdict}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
