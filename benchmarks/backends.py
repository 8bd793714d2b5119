"""Train each preset on TensorFlow and on JAX in turn: speed, time to the first step, and memory.

The command is stopped some seconds after its first step. JAX compiles anew each time: its caches are empty.
"""

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import command
import machine
import processes
from ours import events_of, train_command
from rounds import alternate

from tinygpt_keras.config import PRESETS

BACKENDS = ("tensorflow", "jax")
TRAINED_S = 20.0  # after the first step
# Shapes of presets; the two for GPUs take too long here.
SHAPES = ("bigram", "quick", "nano-cpu", "tiny", "encdec", "paper", "seed", "base")
POLLED_S = 0.2


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--presets", nargs="+", default=SHAPES, choices=sorted(PRESETS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="times each is measured (default 1)")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    about = {"machine": machine.describe(), "load_before": machine.load(), "rounds": flags.rounds}
    results: dict[str, Any] = {}
    print(f"{'preset':<10}{'backend':<12}{'characters/s':>14}{'first step':>12}{'peak memory':>13}")
    for preset in flags.presets:
        found: dict[str, list[dict[str, float]]] = {backend: [] for backend in BACKENDS}

        def once(backend: str, preset: str = preset, found: Any = found) -> float:
            found[backend].append(measure(preset, backend))
            return found[backend][-1]["characters_per_s"]

        alternate({backend: lambda backend=backend: once(backend) for backend in BACKENDS}, flags.rounds, warm=0)
        results[preset] = {
            backend: {name: statistics.median(each[name] for each in measured) for name in measured[0]}
            for backend, measured in found.items()
        }
        for backend, each in results[preset].items():
            print(
                f"{preset:<10}{backend:<12}{each['characters_per_s']:>14,.0f}{each['first_step_s']:>10.1f} s"
                f"{each['peak_mb']:>10,.0f} MB",
                flush=True,
            )
        # After each preset, so that a later failure loses none.
        command.write(flags.json, {**about, "presets": results})
    return 0


def measure(preset: str, backend: str) -> dict[str, float]:
    """Train for some seconds.

    Returns:
        Characters a second, seconds from the start to the first step's report, and the peak of resident memory in MB.
    """
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name:
        folder = Path(name)
        variables = {**processes.environment(folder / "caches"), "KERAS_BACKEND": backend}
        variables.pop("JAX_COMPILATION_CACHE_DIR", None)
        flags = ["--preset", preset, "--eval-characters", "2000", "--sample-length", "0"]
        start = time.time()  # the clock of the events' times
        with processes.started(train_command(folder / "run", *flags), folder, variables) as process:
            peak = Peak(process.pid)
            reports: list[dict[str, Any]] = []
            for event in events_of(process, folder / "run"):
                if event["event"] != "train":
                    continue
                reports.append(event)
                if event["time"] - reports[0]["time"] >= TRAINED_S or event["eta_s"] <= 1:
                    break
            return {
                "characters_per_s": statistics.median(event["characters_per_s"] for event in reports),
                "first_step_s": reports[0]["time"] - start,
                "peak_mb": peak.stop(),
            }


class Peak:
    """Polls the resident memory of a process.

    Args:
        pid: The process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._largest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Stop, and return the peak in MB."""
        self._over.set()
        self._thread.join()
        return self._largest

    def _watch(self) -> None:
        """Poll until it is over; the process may still be starting Python."""
        while not self._over.wait(POLLED_S):
            try:
                self._largest = max(self._largest, machine.memory(self._pid).get("peak", 0.0))
            except OSError:
                return


if __name__ == "__main__":
    sys.exit(main())
