"""Measure the screen Look: from a key to the drawn answer, with the real worker, and a text of a whole context."""

import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import command
from marks import line, percentile

from tinygpt_keras.text.corpus import read_tiny_shakespeare
from tinygpt_tui.app import TinyGPTApp
from tinygpt_tui.command import GARBAGE_THRESHOLDS
from tinygpt_tui.screens.look import LookScreen
from tinygpt_tui.screens.looking import KEYS

CHARACTERS, MOVES, OPENINGS, STEPS = 256, 20, 12, 12
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


async def timed(screen: LookScreen, actions: list[str]) -> dict[str, float]:
    """Perform the actions of keys; return the median and the 95th percentile in seconds."""
    times: list[float] = []
    for action in actions:
        screen.answers.forget()  # going back to what was seen would cost nothing
        began = time.perf_counter()
        await screen.run_action(action)
        await drawn(screen)
        times.append(time.perf_counter() - began)
    return {"median_s": statistics.median(times), "p95_s": percentile(times, 0.95)}


async def opened(screen: LookScreen, view: str) -> dict[str, float]:
    """Come to a view from another one, some times; return the median and the 95th percentile in seconds."""
    other = "lens" if view != "lens" else "surprise"
    times: list[dict[str, float]] = []
    for _ in range(OPENINGS):
        await timed(screen, [f"view('{other}')"])
        times.append(await timed(screen, [f"view('{view}')"]))
    seconds = [one["median_s"] for one in times]
    return {"median_s": statistics.median(seconds), "p95_s": percentile(seconds, 0.95)}


async def measure_keys(runs_dir: Path) -> dict[str, Any]:
    """Open the screen and go through its views and steps."""
    corpus = read_tiny_shakespeare()
    text = corpus.text[corpus.train_characters :][:CHARACTERS]
    app, results = TinyGPTApp(runs_dir, keeps_sitting=False), dict[str, Any]()
    gc.set_threshold(*GARBAGE_THRESHOLDS)  # as the program does

    def note(name: str, times: dict[str, float], mark_s: float) -> None:
        results[name] = times
        print(f"{name:22} {line(times, mark_s)}", flush=True)

    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f8")
        screen = app.screen
        assert isinstance(screen, LookScreen)
        await drawn(screen)
        screen.change(lambda gaze: gaze.read_anew(text))
        for view in KEYS:
            await timed(screen, [f"view('{view}')", "move(-1)", "move(-1)"])  # what is compiled and measured once
            note(view, await opened(screen, view), VIEW_MARK_S)
            within = "switch" if view == "without" else "move(-1)"
            note(f"{view}, {within}", await timed(screen, [within] * MOVES), VIEW_MARK_S)
        await timed(screen, ["view('attention')", "step(-1)"])
        note("another step", await timed(screen, ["step(-1)"] * (STEPS - 1)), STEP_MARK_S)
    return results


def measure() -> dict[str, Any]:
    """Make a run with steps, and measure the screen on it."""
    with tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as folder:
        runs_dir = Path(folder) / "runs"
        subprocess.run([sys.executable, "-c", MAKE_RUN, str(runs_dir / "one"), str(STEPS)], check=True)
        return asyncio.run(measure_keys(runs_dir))


if __name__ == "__main__":
    sys.exit(command.main(__doc__, measure, None))
