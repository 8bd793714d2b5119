"""Time a training step and count the bytes it sends, on one and on two machines, and compute it for more.

A machine is a network namespace with one core of this computer; a cable of a chosen speed lies between two. It needs
root, `ip` and `tc`. A model of a few numbers is fitted to what was measured; see `docs/scaling.md`.
"""

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import command
import machine
import numpy as np
import processes

from tinygpt_keras.config import PRESETS
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events

NAMES = ("tinygpt-first", "tinygpt-second")
LINKS = ("first0", "second0")
ADDRESSES = ("10.77.0.1", "10.77.0.2")
PORT = 8476
STEPS = 24
SKIPPED = 6  # steps after compiling that are not counted
# Speeds in Mbit/s; None is the cable as it is, which is memory.
CABLES: tuple[float | None, ...] = (None, 1000, 300, 100)
BEYOND = (1, 2, 4, 8, 16, 32)
NETWORKS = {"1 Gbit/s, 0.1 ms": (1e9, 1e-4), "10 Gbit/s, 0.05 ms": (1e10, 5e-5)}


@dataclass(frozen=True)
class Model:
    """Seconds of a step on N machines: `work / N`, and for more than one the time of what they send, and of waiting."""

    work: float
    """The whole step on one machine."""
    wait: float
    """What two machines take beyond their work and their bytes: one waits for the other, and both for the processor."""
    sums: int
    """Sums over all machines in a step, one after the other."""
    bytes: float
    """What one of two machines sends in a step."""

    def step_s(self, count: int, speed: float, delay: float) -> float:
        """Return the seconds of a step.

        Args:
            count: N, the machines.
            speed: Of each machine's link, in bits a second.
            delay: One way, in seconds.
        """
        if count == 1:
            return self.work
        # A ring passes 2 (N - 1) messages around for each sum, and sends 2 (N - 1) / N of its bytes: one of two.
        sent = self.bytes * 2 * (count - 1) / count
        return self.work / count + self.wait + 8 * sent / speed + self.sums * 2 * (count - 1) * delay


def main(argv: list[str] | None = None) -> int:
    """Measure, fit, print the tables and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--preset", default="tiny", choices=sorted(PRESETS), help="the model (default tiny)")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    about = {"machine": machine.describe(), "load_before": machine.load(), "preset": flags.preset}
    batch = PRESETS[flags.preset].training.batch_size
    alone = {size: measure(flags.preset, size, 1, None) for size in (batch, batch // 2)}
    for size, found in alone.items():
        print(f"one machine, B = {size}: {1e3 * found['step_s']:.0f} ms a step", flush=True)
    pairs: list[dict[str, Any]] = []
    for cable in CABLES:
        pairs.append({"cable": cable, **measure(flags.preset, batch, 2, cable)})
        words = "memory" if cable is None else f"{cable:,.0f} Mbit/s"
        print(
            f"two machines, {words}: {1e3 * pairs[-1]['step_s']:.0f} ms and {pairs[-1]['bytes'] / 1e6:.2f} MB a step",
            flush=True,
        )
    model = fit(alone[batch]["step_s"], pairs)
    print(model)
    for name, (speed, delay) in NETWORKS.items():
        row = [1e3 * model.step_s(count, speed, delay) for count in BEYOND]
        print(f"{name}: " + ", ".join(f"N = {count}: {ms:.0f} ms" for count, ms in zip(BEYOND, row, strict=True)))
    numbers = {"alone": {str(size): found for size, found in alone.items()}, "two": pairs}
    numbers["model"] = vars(model)
    command.write(flags.json, {**about, **numbers})
    return 0


def fit(work: float, pairs: Sequence[dict[str, Any]]) -> Model:
    """Fit the model: two machines wait for what they take beyond half the work and their bytes, in the mean."""
    sent = statistics.median(pair["bytes"] for pair in pairs)
    sending = [8 * sent / (1e6 * pair["cable"]) if pair["cable"] else 0.0 for pair in pairs]
    waits = [pair["step_s"] - work / 2 - seconds for pair, seconds in zip(pairs, sending, strict=True)]
    return Model(work, max(statistics.mean(waits), 0.0), pairs[0]["sums"], sent)


def measure(preset: str, batch: int, count: int, cable: float | None) -> dict[str, float]:
    """Train for some steps.

    Returns:
        The seconds of a step, the bytes that the first machine sends in it, and the sums over all machines.
    """
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as name, network(cable):
        folder = Path(name)
        counter = Counter()
        started = [start(preset, batch, index, count, folder) for index in range(count)]
        try:
            with counter:
                for process in started:
                    if process.wait() != 0:
                        raise SystemExit((folder / "errors").read_text())
        finally:
            for process in started:
                process.kill()
        return {**per_step(RunDirectory(folder / "run"), counter), "sums": count_sums(folder / "programs")}


def start(preset: str, batch: int, index: int, count: int, folder: Path) -> "subprocess.Popen[bytes]":
    """Start one machine's process, on a core of its own."""
    flags = ["--preset", preset, "--batch-size", str(batch), "--steps", str(STEPS), "--eval-every", str(STEPS)]
    flags += ["--eval-characters", "500", "--sample-length", "0", "--no-film", "--steps-per-execution", "1"]
    if count > 1:
        flags += ["--processes", str(count), "--coordinator", f"{ADDRESSES[0]}:{PORT}", "--process-id", str(index)]
    train = [sys.executable, "-m", "tinygpt_keras.train", *flags, "--run-dir", "run"]
    cores = sorted(os.sched_getaffinity(0))
    pinned = ["taskset", "-c", str(cores[index % len(cores)])]
    environment = {**processes.environment(folder / "caches"), "KERAS_BACKEND": "jax"}
    if index == 0:
        environment["XLA_FLAGS"] = f"--xla_dump_to={folder / 'programs'} --xla_dump_hlo_as_text"
    return subprocess.Popen(
        ["ip", "netns", "exec", NAMES[index], *pinned, *train],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors").open("ab"),
    )


def count_sums(programs: Path) -> int:
    """Count the sums over all machines in the longest program that XLA has compiled, the training step."""
    texts = [path.read_text("utf-8") for path in programs.glob("*after_optimizations.txt")]
    longest = max(texts, key=len)
    return longest.count(" all-reduce(") + longest.count(" all-reduce-start(")


class Counter:
    """Reads how many bytes the first machine has sent, twenty times a second."""

    def __init__(self) -> None:
        self.read: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Counter":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def at(self, moment: float) -> float:
        """Return the bytes sent until a moment, in Unix seconds."""
        times, sent = zip(*self.read, strict=True)
        return float(np.interp(moment, times, sent))

    def _watch(self) -> None:
        """Read until it is over."""
        command = ["ip", "-n", NAMES[0], "-s", "-j", "link", "show", LINKS[0]]
        while not self._over.wait(0.05):
            shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            self.read.append((time.time(), shown[0]["stats64"]["tx"]["bytes"]))


def per_step(run: RunDirectory, counter: Counter) -> dict[str, float]:
    """Return the median seconds, and the mean bytes, of the steps after the first ones."""
    events = [event for event in read_events(run.events_file) if event["event"] == "train"]
    later = [event for event in events if SKIPPED < event["step"] < STEPS]
    gaps = [
        (after["time"] - before["time"]) / (after["step"] - before["step"])
        for before, after in itertools.pairwise(later)
    ]
    first, last = later[0], later[-1]
    sent = counter.at(last["time"]) - counter.at(first["time"])
    return {"step_s": statistics.median(gaps), "bytes": sent / (last["step"] - first["step"])}


@contextlib.contextmanager
def network(cable: float | None) -> Generator[None, None, None]:
    """Lay a cable between two namespaces for the block."""
    for name, address in zip(NAMES, ADDRESSES, strict=True):
        shell("ip", "netns", "add", name)
        hosts = Path("/etc/netns") / name / "hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        hosts.write_text(f"127.0.0.1 localhost\n{address} {os.uname().nodename}\n")
    try:
        shell(
            "ip",
            "link",
            "add",
            LINKS[0],
            "netns",
            NAMES[0],
            "type",
            "veth",
            "peer",
            "name",
            LINKS[1],
            "netns",
            NAMES[1],
        )
        for name, link, address in zip(NAMES, LINKS, ADDRESSES, strict=True):
            shell("ip", "-n", name, "address", "add", f"{address}/24", "dev", link)
            for each in (link, "lo"):
                shell("ip", "-n", name, "link", "set", each, "up")
            if cable is not None:
                bucket = ["tbf", "rate", f"{cable:.0f}mbit", "burst", "256kbit", "latency", "100ms"]
                shell("ip", "netns", "exec", name, "tc", "qdisc", "add", "dev", link, "root", *bucket)
        yield
    finally:
        for name in NAMES:
            shell("ip", "netns", "delete", name)
            (Path("/etc/netns") / name / "hosts").unlink()
            (Path("/etc/netns") / name).rmdir()


def shell(*words: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(words, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
