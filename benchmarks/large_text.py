"""Measure training on a text of a gigabyte beside tiny Shakespeare: encoding, memory, time to the first step."""

import contextlib
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command
import machine
import processes
from ours import train_command
from rounds import verdict

from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text.corpus import read_tiny_shakespeare

SPEED, MEMORY, FIRST_STEP = 50, 300, 60  # targets: MB/s, MB, s
MEGABYTES = 1000
CHANGED = 50  # characters changed before each repetition, so that no two are alike
SEED = 1
POLLED_S = 0.2
FLAGS = "--preset quick --steps 20"


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed target is not an error.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--megabytes", type=int, default=MEGABYTES, metavar="N", help="size of the text that is made")
    parser.add_argument("--text", type=Path, metavar="FILE", help="a text to measure in place of the one that is made")
    parser.add_argument("--flags", default=FLAGS, metavar="FLAGS", help=f"training flags (default: {FLAGS})")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    about = {"machine": machine.describe(), "load_before": machine.load(), "flags": flags.flags}
    with tempfile.TemporaryDirectory(prefix="tinygpt-large-text-") as name:
        folder, text = Path(name), flags.text and flags.text.absolute()
        if text is None:
            text = folder / "text.txt"
            repeat_shakespeare(text, flags.megabytes * 1_000_000)
        small = measure(folder, "small", flags.flags.split())
        large = measure(folder, "large", [*flags.flags.split(), "--data", str(text)])
        size = text.stat().st_size / 1e6
    more = large["anonymous_mb"] - small["anonymous_mb"]
    first_s, cpu_s = (large[f"first_step_{unit}"] - large[f"encoded_{unit}"] for unit in ("s", "cpu_s"))
    print(f"text                      {size:>8,.0f} MB")
    print(f"start to encoded          {large['encoded_s']:>8.1f} s")
    print(f"encoding                  {large['mb_per_s']:>8,.0f} MB/s   {verdict(large['mb_per_s'], SPEED)}")
    print(f"encoded to first report   {first_s:>8.1f} s      {verdict(first_s, FIRST_STEP, at_least=False)}")
    print(f"  of processor time       {cpu_s:>8.1f} s")
    print(f"tiny Shakespeare's        {small['first_step_s']:>8.1f} s")
    print(f"anonymous memory, peak    {large['anonymous_mb']:>8,.0f} MB")
    print(f"tiny Shakespeare's        {small['anonymous_mb']:>8,.0f} MB")
    print(f"difference                {more:>8,.0f} MB     {verdict(more, MEMORY, at_least=False)}")
    command.write(flags.json, {**about, "text_mb": size, "large": large, "small": small, "more_mb": more})
    return 0


def repeat_shakespeare(file: Path, size: int) -> None:
    """Write tiny Shakespeare again and again, with other characters changed each time, up to a size in bytes."""
    text, drawn = bytearray(read_tiny_shakespeare().content[:]), random.Random(SEED)
    with file.open("wb") as out:
        while (left := size - out.tell()) > 0:
            for place in drawn.sample(range(len(text)), CHANGED):
                text[place] = drawn.choice(b"etaoin ")
            out.write(text[:left])


def measure(folder: Path, name: str, flags: list[str]) -> dict[str, Any]:
    """Train to the end, and return the peak of anonymous memory and the time until each moment.

    Args:
        folder: Where to train.
        name: The run's name.
        flags: The training flags.

    Raises:
        RuntimeError: If the run does not finish.
    """
    run = RunDirectory(folder / name)
    given, variables = train_command(run.path, *flags), processes.environment(folder / "caches")
    found: dict[str, Any] = {"anonymous_mb": 0.0}
    began = time.time()
    wanted = {"encoded": run.cache.exists, "first_step": lambda: is_training(run)}
    with processes.started(given, folder, variables) as process:
        while process.poll() is None:
            with contextlib.suppress(OSError, KeyError):  # it has just ended
                found["anonymous_mb"] = max(found["anonymous_mb"], machine.memory(process.pid)["anonymous"])
                for moment in [moment for moment, has_come in wanted.items() if has_come()]:
                    del wanted[moment]
                    found[f"{moment}_s"], found[f"{moment}_cpu_s"] = time.time() - began, machine.cpu_s(process.pid)
            time.sleep(POLLED_S)
        if process.returncode:
            raise processes.failure(given, folder)
    if told := re.search(r"([\d,]+) MB/s", (folder / processes.COMPLAINTS).read_text()):
        found["mb_per_s"] = int(told[1].replace(",", ""))
    return found


def is_training(run: RunDirectory) -> bool:
    """Whether a run has reported a step."""
    return run.events_file.exists() and any(event["event"] == "train" for event in read_events(run.events_file))


if __name__ == "__main__":
    sys.exit(main())
