"""A run's log and the machine's load, beside the curves."""

import os
import re

from tests.tui.conftest import make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.watch import WatchScreen
from tinygpt_tui.widgets.load_view import LoadView


async def test_one_key_shows_the_log_of_a_run(opened, runs_dir):
    """Its foreign bytes are harmless, it follows the file, and Escape closes it before it leaves the run."""
    path = make_run(runs_dir, "one")
    (path / "train.log").write_bytes(b"first line\n[/] [bold] \x1b]0;x\x07 \xff\xfe\r\n")
    async with opened(run=RunDirectory(path)) as pilot:
        await until(pilot, shows(pilot, "finished", "of 19, the newest"))
        await pilot.press("g")
        await until(pilot, shows(pilot, "log of the training process", "first line", "[/] [bold] ␛]0;x␇ "))
        assert "the newest" not in screen_text(pilot.app)
        with (path / "train.log").open("a") as file:
            file.write("".join(f"line {number}\n" for number in range(500)))
        await until(pilot, shows(pilot, "line 499"))
        assert "first line" not in screen_text(pilot.app)
        (path / "train.log").unlink()
        os.mkfifo(path / "train.log")
        await until(pilot, shows(pilot, "Nothing logged yet."))
        await pilot.press("escape")
        await until(pilot, shows(pilot, "of 19, the newest"))
        await pilot.press("g")
        await until(pilot, shows(pilot, "Nothing logged yet."))
        await pilot.press("comma")
        await until(pilot, shows(pilot, "18 of 19"))


async def test_the_machines_load_is_in_sight_or_one_key_away(opened, runs_dir):
    path = make_run(runs_dir, "one", recorded()[:40])
    with RunDirectory(path).locked():
        async with opened(run=RunDirectory(path)) as pilot:
            await until(pilot, shows(pilot, "the machine, last minute", "memory in use", "trains on 2 CPU cores"))
            await until(pilot, lambda: pilot.app.screen.query_one(LoadView).load.process is not None)
            assert re.search(r"training holds +[\d.]+ [MG]B", screen_text(pilot.app))
            await pilot.resize_terminal(80, 24)
            await until(pilot, lambda: "memory" not in screen_text(pilot.app) and "m Machine" in screen_text(pilot.app))
            await pilot.press("m")
            await until(pilot, shows(pilot, "in use, training holds"))
            await pilot.press("escape")
            await until(pilot, lambda: "in use" not in screen_text(pilot.app))
            assert isinstance(pilot.app.screen, WatchScreen)
    # Nothing trains the run any more, and the panel says so.
    async with opened(run=RunDirectory(path)) as pilot:
        await until(pilot, shows(pilot, "one · interrupted"))
        await pilot.press("m")
        await until(pilot, shows(pilot, "memory in use", "no process trains this run now", "trained on 2 CPU cores"))
        assert "training holds" not in screen_text(pilot.app)
