"""Measure the terminal UI: the installed command in a pseudo-terminal, with its real worker."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import measures

from tinygpt_keras import atomic

SWITCH_S = 0.0005  # thread switch interval, so that the thread that stamps the output hardly waits
MEASURES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "first-paint": measures.first_paint,
    "key-latency": measures.key_latency,
    "opening": measures.opening,
    "memory": measures.memory,
}
# Rows of the table: title, measurement, path of the value, unit, and target or none.
ROWS: list[tuple[str, str, tuple[str, ...], str, float | None]] = [
    ("first frame, median", "first-paint", ("first_frame_s", "median"), "s", 0.5),
    ("first key answered, median", "first-paint", ("first_key_answered_s", "median"), "s", None),
    ("key to answer, median", "key-latency", ("median_ms",), "ms", None),
    ("key to answer, 95th percentile", "key-latency", ("p95_ms",), "ms", 50.0),
    ("key to answer, longest", "key-latency", ("max_ms",), "ms", None),
    ("100,000 events from the table, median", "opening", ("from_table_s", "median"), "s", 1.0),
    ("100,000 events from the first frame, median", "opening", ("after_first_frame_s", "median"), "s", 1.0),
    ("memory of the UI, peak", "memory", ("chat_opened_mb", "peak"), "MB", 120.0),
    ("memory of the UI at the end", "memory", ("chat_opened_mb", "resident"), "MB", 120.0),
    ("… shared pages counted in part", "memory", ("chat_opened_mb", "proportional"), "MB", None),
]


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's flags."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for all numbers")
    parser.add_argument("--only", choices=MEASURES, metavar="NAME", help=f"one of: {', '.join(MEASURES)}")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed target is not an error.
    """
    flags = make_parser().parse_args(argv)
    sys.setswitchinterval(SWITCH_S)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that no process is left behind
    results: dict[str, Any] = {"machine": machine.describe()}
    for name, measure in MEASURES.items():
        if flags.only in (None, name):
            before = machine.load()
            with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-", ignore_cleanup_errors=True) as folder:
                results[name] = {"load_before": before, **measure(Path(folder))}
            print("\n".join(table({name: results[name]})), flush=True)
    if flags.json is not None:
        atomic.write_text(flags.json, json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    return 0


def table(results: dict[str, Any]) -> list[str]:
    """Return the measurements as lines.

    Args:
        results: The numbers by the names in `MEASURES`.

    Returns:
        The lines.
    """
    lines: list[str] = []
    for title, name, path, unit, target in ROWS:
        if name not in results:
            continue
        value: Any = results[name]
        for part in path:
            value = value[part]
        verdict = "" if target is None else f"target {target:g} {unit}: {'met' if value <= target else 'MISSED'}"
        lines.append(f"{title:<46}{value:>9,} {unit:<4}{verdict}".rstrip())
    return lines


if __name__ == "__main__":
    sys.exit(main())
