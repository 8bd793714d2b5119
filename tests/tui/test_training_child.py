"""Training that the application has started: stopped, resumed, killed, deleted under it, and left to train on."""

import os
import signal
import sys

import pytest
from textual import events
from textual.widgets import Button, DataTable, Input

from tests.tui.conftest import TRAINER, make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.watch import WatchScreen

pytestmark = pytest.mark.slow

SLOW_TO_START = [sys.executable, "-c", "import time; time.sleep(1000)"]
FAILS_WHEN_TOLD = """
import pathlib, sys, time
while not pathlib.Path("fail").exists():
    time.sleep(0.01)
sys.exit("error: there was no luck.")
"""


async def come_back(pilot):
    """Go from the form back to the run."""
    pilot.app.screen.query_one("#watch", Button).press()
    await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen) and pilot.app.screen._looked_at)
    return pilot.app.screen


async def start_training(pilot):
    """Go to the form and press Start."""
    await pilot.press("f2")
    await until(pilot, shows(pilot, "1,115,394 characters"))
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))
    return pilot.app.screen


@pytest.fixture
def endless(monkeypatch):
    monkeypatch.setenv("SCRIPTED_EVALUATIONS", "1000000")
    monkeypatch.setenv("SCRIPTED_PAUSE_S", "0.03")


@pytest.mark.usefixtures("endless")
async def test_a_stopped_or_killed_run_can_be_resumed(opened):
    async with opened() as pilot:
        watch = await start_training(pilot)
        await until(pilot, shows(pilot, "running", "low priority (nice ", "characters/s", "left"))
        await until(pilot, lambda: len(watch.history.evaluations) >= 2)
        await pilot.press("s")
        await until(pilot, shows(pilot, "interrupted", "Press u to resume"))
        assert "low priority" not in screen_text(pilot.app)
        assert not watch.stopping
        assert watch.training.status == 130
        step = watch.history.step
        await pilot.press("u")
        await until(pilot, lambda: watch.state == "running" and watch.history.step > step)

        os.kill(watch.directory.trainer(), signal.SIGKILL)
        await until(pilot, shows(pilot, "Training was killed (by signal 9) before its end.", "Press u to resume"))
        assert "its log" not in screen_text(pilot.app)
        await pilot.press("u")
        await until(pilot, shows(pilot, "running"))
        await pilot.press("s")
        await until(pilot, shows(pilot, "interrupted"))


@pytest.mark.usefixtures("endless")
@pytest.mark.parametrize(
    ("trainer", "state", "waits_for", "end"),
    [
        (TRAINER, "running", "Stopping: the step that has begun is finished", "Stopped before its end. Press u"),
        (SLOW_TO_START, "starting", "Stopping: it is still starting up", "Stopped while it was starting up"),
    ],
)
async def test_a_stopping_run_says_so_until_stopped(opened, trainer, state, waits_for, end):
    async with opened(trainer=trainer) as pilot:
        watch = await start_training(pilot)
        await until(pilot, shows(pilot, f"· {state}", "s Stop"))
        await until(pilot, lambda: state == "starting" or list(watch.directory.checkpoints.iterdir()))
        child = watch.training.process
        os.kill(child, signal.SIGSTOP)  # so that it cannot obey yet
        await pilot.press("s")
        await until(pilot, shows(pilot, "· stopping…", waits_for))
        assert "comes soon" not in screen_text(pilot.app)
        await until(pilot, lambda: "s Stop" not in screen_text(pilot.app))
        looks = watch._looked_at
        await until(pilot, lambda: watch._looked_at > looks)
        assert watch.state == "stopping…"
        os.kill(child, signal.SIGCONT)
        await until(pilot, shows(pilot, "interrupted", end))


@pytest.mark.usefixtures("endless")
async def test_a_run_with_a_deleted_folder_is_gone(opened, tmp_path):
    """It stays gone when its process creates files there; the user can end that process."""
    async with opened() as pilot:
        watch = await start_training(pilot)
        await until(pilot, lambda: watch.state == "running" and watch.history.evaluations)
        path = watch.directory.path
        path.rename(tmp_path / "deleted")
        (path / "checkpoints").mkdir(parents=True)
        (path / "best.keras").touch()
        await until(pilot, shows(pilot, "· gone", "The folder of this run is gone", "Press s to end its training"))
        assert watch.training.status is None
        await pilot.press("s")
        await until(pilot, lambda: watch.training.status is not None)
        await until(pilot, lambda: "Press s" not in screen_text(pilot.app))
        assert "· gone" in screen_text(pilot.app)


@pytest.mark.usefixtures("endless")
async def test_training_outlives_the_application(opened):
    """Quitting says so, and another application can stop the run."""
    async with opened() as pilot:
        watch = await start_training(pilot)
        await until(pilot, lambda: watch.state == "running")
        directory, child = watch.directory, watch.training
        await pilot.app.action_quit()
        path = directory.path
        assert pilot.app._exit_renderables == [f"Training goes on in {path}/; `tinygpt-tui {path}` watches it."]
    assert child.status is None
    async with opened(run=directory) as pilot:
        await until(pilot, shows(pilot, "running"))
        await pilot.press("s")
        await until(pilot, shows(pilot, "interrupted"))
    assert child._process.wait(10) == 130


async def test_one_who_quits_while_nothing_trains_is_told_nothing(opened):
    async with opened() as pilot:
        await pilot.app.action_quit()
        assert pilot.app._exit_renderables == []


async def test_a_run_failing_to_start_explains_and_disappears(opened, runs_dir, monkeypatch):
    monkeypatch.setenv("SCRIPTED_FAIL", "1")
    async with opened() as pilot:
        await start_training(pilot)
        await until(pilot, shows(pilot, "Training failed", "something was wrong. Do something."))
        await pilot.press("n")
        await until(pilot, shows(pilot, "A new run of"))
        await until(pilot, lambda: list(runs_dir.iterdir()) == [])


async def test_a_run_failing_while_unwatched_says_why(opened, runs_dir, tmp_path):
    async with opened(trainer=[sys.executable, "-c", FAILS_WHEN_TOLD]) as pilot:
        await start_training(pilot)
        await pilot.press("escape")
        (tmp_path / "fail").touch()
        await until(pilot, lambda: pilot.app.started[0].status == 1)
        await come_back(pilot)
        await until(pilot, shows(pilot, "Training failed", "there was no luck."))
        await pilot.press("escape")
        await until(pilot, lambda: list(runs_dir.iterdir()) == [])


async def test_quitting_keeps_the_folder_of_a_starting_run(opened, runs_dir, tmp_path):
    async with opened(trainer=[sys.executable, "-c", FAILS_WHEN_TOLD]) as pilot:
        await pilot.press("f2")
        for fails in (True, False):
            pilot.app.screen.query_one("#name", Input).value = "mine"
            await start_training(pilot)
            if fails:
                (tmp_path / "fail").touch()
                await until(pilot, shows(pilot, "Training failed"))
                await pilot.press("escape")
                await until(pilot, lambda: not (runs_dir / "mine").exists())
                (tmp_path / "fail").unlink()
        pilot.app.exit()
        assert (runs_dir / "mine").is_dir()
        (tmp_path / "fail").touch()
        assert pilot.app.started[1]._process.wait(20) == 1


async def test_a_starting_run_is_not_started_twice(opened, runs_dir):
    """It is still shown as starting after the user leaves and returns."""
    path = make_run(runs_dir, "one", recorded()[:30], weights=False)
    async with opened(run=RunDirectory(path), trainer=SLOW_TO_START) as pilot:
        await until(pilot, shows(pilot, "· interrupted"))
        await pilot.press("u")
        await until(pilot, shows(pilot, "· starting"))
        await pilot.press("n")
        await come_back(pilot)
        await pilot.press("u", "f4")
        await until(pilot, shows(pilot, "one · running", "● running"))
        await pilot.press("u")
        await until(pilot, shows(pilot, "one is being trained. Enter shows it"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen) and pilot.app.screen._looked_at)
        await pilot.press("u")
        assert "· starting" in screen_text(pilot.app)
        assert len(pilot.app.started) == 1
        await pilot.press("s")
        await until(pilot, shows(pilot, "· interrupted"))


async def test_pressing_resume_twice_starts_one_trainer(opened, runs_dir):
    for name in ("one", "two"):
        make_run(runs_dir, name, recorded()[:30], weights=False)
    async with opened(run=RunDirectory(runs_dir / "one")) as pilot:
        for number, name in enumerate(("one", "two"), 1):
            if name == "two":
                await pilot.press("f4")
                await until(pilot, lambda: len(pilot.app.screen.runs) == 2)
                names = [run.name for run in pilot.app.screen.runs]
                pilot.app.screen.query_one(DataTable).move_cursor(row=names.index(name))
            await until(pilot, shows(pilot, name, "interrupted"))
            for _ in range(2):
                pilot.app.post_message(events.Key("u", "u"))
            await until(pilot, shows(pilot, f"{name} · finished"))
            assert len(pilot.app.started) == number
