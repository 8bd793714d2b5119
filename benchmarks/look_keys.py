"""Measure the screen Look: from a key to the drawn answer, with the real worker, and a text of a whole context."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command
import machine
from marks import line, percentile

from tinygpt_keras.text.corpus import read_tiny_shakespeare
from tinygpt_tui.app import TinyGPTApp
from tinygpt_tui.screens.look import LookScreen
from tinygpt_tui.screens.looking import KEYS

CHARACTERS, MOVES, STEPS = 256, 20, 12
VIEW_MARK_S, STEP_MARK_S = 0.1, 0.3
DEADLINE_S = 120.0
SIZE = (120, 40)
# A run with a film: the pretrained weights under several steps, which take as long to load as any others.
MAKE_RUN = """
import shutil, sys
from pathlib import Path
from tinygpt_keras.models.open import open_run
from tinygpt_keras.models.tensors import write_frame
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.runs.film import frame_file
folder, steps = Path(sys.argv[1]), int(sys.argv[2])
shutil.copytree(pretrained_run().path, folder)
directory = RunDirectory(folder)
directory.film.mkdir()
model = open_run(pretrained_run()).model
for step in range(1, steps + 1):
    write_frame(frame_file(directory.film, step), model)
"""


async def drawn(screen: LookScreen) -> None:
    """Wait until the view has all that it needs, and the frame is drawn."""
    end = time.perf_counter() + DEADLINE_S
    while not screen.needed or any(question not in screen.answers for question in screen.needed.values()):
        if time.perf_counter() > end:
            raise TimeoutError("no answer came")
        await asyncio.sleep(0.001)
    drawn_then = asyncio.Event()
    screen.call_after_refresh(drawn_then.set)
    await drawn_then.wait()


async def timed(screen: LookScreen, action: str, count: int) -> dict[str, float]:
    """Perform the action of a key some times; return the median and the 95th percentile in seconds."""
    times: list[float] = []
    for _ in range(count):
        screen.answers.forget()  # going back to what was seen would cost nothing
        began = time.perf_counter()
        await screen.run_action(action)
        await drawn(screen)
        times.append(time.perf_counter() - began)
    return {"median_s": statistics.median(times), "p95_s": percentile(times, 0.95)}


async def measure(runs_dir: Path) -> dict[str, Any]:
    """Open the screen and go through its views and steps."""
    corpus = read_tiny_shakespeare()
    text = corpus.text[corpus.train_characters :][:CHARACTERS]
    app, results = TinyGPTApp(runs_dir), dict[str, Any]()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f8")
        screen = app.screen
        assert isinstance(screen, LookScreen)
        await drawn(screen)
        screen.change(lambda gaze: gaze.read_anew(text))
        for view in KEYS:
            await timed(screen, f"view('{view}')", 1)
            await timed(screen, "move(-1)", 2)  # what is compiled and measured once
            results[view] = await timed(screen, "switch" if view == "without" else "move(-1)", MOVES)
            print(f"{view:20} {line(results[view], VIEW_MARK_S)}", flush=True)
        await screen.run_action("view('attention')")
        await timed(screen, "step(-1)", 1)
        results["another step"] = await timed(screen, "step(-1)", STEPS - 1)
        print(f"{'another step':20} {line(results['another step'], STEP_MARK_S)}")
    return results


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    flags = command.make_parser(__doc__, peer=False).parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as folder:
        runs_dir = Path(folder) / "runs"
        subprocess.run([sys.executable, "-c", MAKE_RUN, str(runs_dir / "one"), str(STEPS)], check=True)
        results = {"machine": machine.describe(), **asyncio.run(measure(runs_dir))}
    command.write(flags.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
