"""What the commands here have in common: their flags, how they end, and how they write their numbers."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from rounds import ROUNDS

from tinygpt_keras import atomic

DIGITS = 6  # that are written of a number


def make_parser(description: str | None, peer: bool = True) -> argparse.ArgumentParser:
    """Make a parser with the flags that the commands share.

    Args:
        description: What the command measures.
        peer: Whether it measures nanoGPT, too.

    Returns:
        The parser, to which a command adds its own flags.
    """
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    if peer:
        parser.add_argument("--nanogpt", type=Path, required=True, metavar="DIR", help="a checkout of karpathy/nanoGPT")
        parser.add_argument("--python", type=Path, required=True, metavar="FILE", help="a Python that has PyTorch")
        parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"how many (default {ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all numbers are written to")
    return parser


def end_cleanly() -> None:
    """Let SIGTERM unwind the program, so that it ends the processes that it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def write(file: Path | None, results: dict[str, Any]) -> None:
    """Write all numbers, where they are wanted, to six digits: marks have been judged by then.

    Args:
        file: Where to, or `None`.
        results: The numbers.
    """
    if file is not None:
        atomic.write_text(file, json.dumps(rounded(results), indent=2, ensure_ascii=False) + "\n")


def rounded(value: Any) -> Any:
    """Round every number in tables and lists that is no whole one.

    Args:
        value: What a JSON file can hold.

    Returns:
        The same with `DIGITS` digits at most.
    """
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
