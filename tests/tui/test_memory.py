"""The terminal UI keeps nothing of a screen that was left; `make soak` shows the same in megabytes."""

import gc

import pytest

from tests.tui.chatting import ask_why, say
from tests.tui.conftest import until
from tests.tui.learning import computed
from tests.tui.looks import known
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.chat import ChatScreen
from tinygpt_tui.screens.learn import LearnScreen
from tinygpt_tui.screens.look import LookScreen

pytestmark = pytest.mark.slow

WARM, VISITS = 3, 3  # visits that fill caches, and visits that are counted
ALLOWED = 1500  # objects a visit: what bounded caches still take. The screens of a visit have ten thousand.


async def why(pilot, run):
    del run
    await ask_why(pilot)
    await pilot.press(*["right"] * 3, "b", "h", "escape")


async def watch(pilot, run):
    pilot.app.watch_run(RunDirectory(run))
    await until(pilot, lambda: pilot.app.screen.history.step)
    await pilot.press(",", ".", "f3")


async def places(pilot, run):
    del run
    await pilot.press("f2", "f4", "f3")


async def look(pilot, run):
    """Go through the views of Look, at several characters."""
    del run
    await pilot.press("f8")
    await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen))
    for view in "nasl":
        await pilot.press(view, "left")
        await known(pilot)
    await pilot.press("f3")


async def learn(pilot, run):
    """Walk through Learn, forth and back."""
    del run
    await pilot.press("f10")
    await until(pilot, lambda: isinstance(pilot.app.screen, LearnScreen))
    await computed(pilot)
    await pilot.press(*["right"] * 4, "s", "s", *["left"] * 4, "f3")


async def helped(pilot, run):
    """Open the help beside each place, and close it."""
    del run
    for key in ("f8", "f10", "f3"):
        await pilot.press(key, "f1")
        await until(pilot, lambda: pilot.app.screen.help_panel)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen.help_panel is None)


@pytest.mark.parametrize("visit", [why, watch, places, look, learn, helped])
async def test_a_visit_leaves_nothing_behind(ready, runs_dir, visit):
    async with ready() as pilot:
        await say(pilot, "But soft")
        counts: list[int] = []
        for _ in range(WARM + VISITS):
            await visit(pilot, runs_dir / "one")
            await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
            await pilot.pause(0.05)
            gc.collect()
            counts.append(len(gc.get_objects()))
        assert (counts[-1] - counts[WARM - 1]) / VISITS < ALLOWED, counts
