"""What the benchmark commands share: flags, handling of SIGTERM, and JSON output."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
from rounds import ROUNDS

from tinygpt_keras import atomic

DIGITS = 6  # significant digits in the JSON


def make_parser(description: str | None, peer: bool = True) -> argparse.ArgumentParser:
    """Return a parser with the shared flags.

    Args:
        description: The help text of the command.
        peer: Whether the command also measures nanoGPT.

    Returns:
        The parser, to which the command adds its own flags.
    """
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    if peer:
        parser.add_argument("--nanogpt", type=Path, required=True, metavar="DIR", help="a checkout of karpathy/nanoGPT")
        parser.add_argument("--python", type=Path, required=True, metavar="FILE", help="a Python that has PyTorch")
        parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"rounds (default {ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for all numbers")
    return parser


def main(description: str | None, measure: Callable[[], dict[str, Any]], argv: list[str] | None) -> int:
    """Run a benchmark of one function: measure, print a table and write the numbers.

    Args:
        description: The help text of the command.
        measure: Prints the table, and returns the numbers.
        argv: The command's arguments; `sys.argv` if `None`.

    Returns:
        The exit status; a missed mark is not an error.
    """
    flags = make_parser(description, peer=False).parse_args(argv)
    about = {"machine": machine.describe(), "load_before": machine.load()}
    write(flags.json, about | measure())
    return 0


def end_cleanly() -> None:
    """Make SIGTERM unwind the program, so that it ends its child processes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def write(file: Path | None, results: dict[str, Any]) -> None:
    """Write all numbers to a JSON file, with six digits; marks are judged before rounding.

    Args:
        file: The file; `None` writes nothing.
        results: The numbers.
    """
    if file is not None:
        atomic.write_text(file, json.dumps(rounded(results), indent=2, ensure_ascii=False) + "\n")


def rounded(value: Any) -> Any:
    """Round every float in nested dictionaries and lists.

    Args:
        value: A value that JSON can hold.

    Returns:
        The same value with at most `DIGITS` significant digits per float.
    """
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
