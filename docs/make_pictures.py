"""Make the README's pictures from a real run: `python docs/make_pictures.py RUN`.

It does not train. Give it a finished run of the default preset, whose curves it pictures; it chats with the pretrained
model, looks inside it, and walks through the tour.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import Input

from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_tui.app import TinyGPTApp
from tinygpt_tui.runs.choices import Choice

PICTURES = Path(__file__).with_name("pictures")
SIZE = (110, 34)
PATIENCE_S = 120.0  # TensorFlow has to load for the chat
SEED = 7
ASKED = 33  # place of the explained character in the last reply
VERSE = """\
BAPTISTA:
Content you, gentlemen: I will compound this strife:
'Tis deeds must win the prize; and he of both"""  # the example of docs/looking-inside.md
LINE = "But soft, what light through yonder window breaks?"


def main() -> None:
    """Take the pictures of the run named on the command line."""
    parser = argparse.ArgumentParser(description="Make the README's pictures from a real run.")
    parser.add_argument("run", help="a finished run's folder")
    asyncio.run(take(Path(parser.parse_args().run).resolve()))


async def take(run: Path) -> None:
    """Step through the screens and save a picture of each.

    Args:
        run: A finished run.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        runs.mkdir()
        (runs / run.name).symlink_to(run)
        await watch(TinyGPTApp(runs, run=RunDirectory(runs / run.name), keeps_sitting=False))
        await chat(TinyGPTApp(runs, model=Choice(str(pretrained_run().path)), keeps_sitting=False))
        await look(TinyGPTApp(runs, keeps_sitting=False))
        await learn(TinyGPTApp(runs, keeps_sitting=False))


async def watch(app: TinyGPTApp) -> None:
    """Take pictures of a run's curves, with its last sample and with its second."""
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query_one("#sample-text").region.height > 5)
        keep(app, "watch-end")
        for _ in range(len(app.screen.query_one("SampleView").samples) - 2):
            await pilot.press("comma")
        keep(app, "watch-beginning")


async def chat(app: TinyGPTApp) -> None:
    """Take pictures of a chat of two replies, and of why a character of the second was written."""
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.columns[0].tokenizer)
        app.screen.query_one("#knob-seed", Input).value = str(SEED)
        app.screen.desk.prompt.value = LINE
        for turns in (2, 3):
            await pilot.press("enter")
            await until(
                pilot,
                lambda turns=turns: (
                    len(app.screen.columns[0].conversation.turns) >= turns and not app.screen.replies.open
                ),
            )
        await pilot.pause()
        keep(app, "chat")
        await pilot.press("f7")
        await until(pilot, lambda: app.screen.is_answered)
        await pilot.press(*["right"] * ASKED)
        await until(pilot, lambda: app.screen.is_answered)
        keep(app, "why")


async def look(app: TinyGPTApp) -> None:
    """Take a picture of the head that ends the lines: head 2 of block 3."""
    async with app.run_test(size=SIZE) as pilot:
        app.look_at(Choice(str(pretrained_run().path)), VERSE)
        await until(pilot, lambda: app.screen.gaze)
        await pilot.press("a", "b", "b", "h")
        await until(pilot, lambda: all(question in app.screen.answers for question in app.screen.needed.values()))
        await pilot.pause(1.0)
        keep(app, "look")


async def learn(app: TinyGPTApp) -> None:
    """Take a picture of the step of the tour in which each character chooses."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("f10")
        await until(pilot, lambda: app.screen.is_answered)
        await pilot.press(*["right"] * 3)
        await pilot.pause()
        keep(app, "learn")


def keep(app: TinyGPTApp, name: str) -> None:
    """Save the current screen as an SVG."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title="tinygpt-tui"), "utf-8")


async def until(pilot: Pilot[Any], condition: Callable[[], Any]) -> None:
    """Wait until a condition holds.

    Args:
        pilot: Drives the application.
        condition: The condition; widgets that it queries may not exist yet.

    Raises:
        TimeoutError: If it does not hold in time.
    """
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(NoMatches, AttributeError):  # a widget does not exist yet
            if condition():
                await pilot.pause()
                return
        await asyncio.sleep(0.05)
    raise TimeoutError("the screen never showed what the picture needs")


if __name__ == "__main__":
    main()
