"""What the commands here have in common: their flags, how they end, and how they write their numbers."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from rounds import ROUNDS

from tinygpt_keras import atomic


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
    """Write all numbers, where they are wanted.

    Args:
        file: Where to, or `None`.
        results: The numbers.
    """
    if file is not None:
        atomic.write_text(file, json.dumps(results, indent=2, ensure_ascii=False) + "\n")
