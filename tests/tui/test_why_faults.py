"""Asking why, where answers are late, fail, or do not come."""

import shutil

import pytest

from tests.tui.chatting import answered, ask_why, say, spoken, two_models
from tests.tui.conftest import screen_text, shows, until
from tinygpt_tui.screens.chat import ChatScreen


async def test_a_failure_is_told_and_the_screen_stays(ready):
    async with ready() as pilot:
        spoken(pilot, "#error", "Ay me")
        await pilot.press("f7")
        await until(pilot, shows(pilot, "the script says that this fails"))
        await pilot.press("b", "h", "right", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))


async def asked_late(pilot, reply="abcdef"):
    """Ask about a reply of which every answer is late, and have the first."""
    spoken(pilot, "#late", reply)
    await ask_why(pilot)


async def test_a_late_answer_leaves_a_consistent_screen(ready, monkeypatch):
    monkeypatch.setenv("SCRIPTED_LATE_S", "2")
    async with ready() as pilot:
        await asked_late(pilot)
        await pilot.press("right", "right", "b")
        await until(pilot, shows(pilot, "“a” had", "1 of 6", "block 1, all heads"))
        await until(pilot, lambda: pilot.app.screen.query_one("#answers").has_class("-waiting"))
        assert shows(pilot, "“a” had", "1 of 6")()
        await answered(pilot)
        await until(pilot, shows(pilot, "“c” had", "3 of 6", "block 1, all heads"))
        assert not pilot.app.screen.query_one("#answers").has_class("-waiting")


async def test_a_held_key_shows_what_it_passes(ready, monkeypatch):
    monkeypatch.setenv("SCRIPTED_LATE_S", "0.1")
    async with ready() as pilot:
        await asked_late(pilot, "abcdefghij" * 1000)
        seen = set()
        while len(seen) < 5:
            await pilot.press("right")
            seen.add(pilot.app.screen.found.question.number)
        await answered(pilot)


async def test_a_model_with_fewer_blocks_shows_what_it_has(ready, runs_dir):
    async with two_models(ready, runs_dir, "deep", "shallow") as pilot:
        await say(pilot, "Ho")
        await ask_why(pilot)
        await pilot.press("b", "b")
        await until(pilot, shows(pilot, "deep, best: “", "block 2, all heads"))
        await pilot.press("m", "b", "B")
        await answered(pilot)
        await until(pilot, shows(pilot, "shallow, best: “", "all blocks, all heads"))


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_why_recovers_from_a_dead_worker(ready, key):
    """It asks a restarted worker again, or says how to start one."""
    async with ready() as pilot:
        spoken(pilot, "#die", "Ay me")
        await pilot.press("f7")
        await until(pilot, shows(pilot, "MemoryError: the script says so"))
        await pilot.press(key)
        if key == "escape":
            await until(pilot, shows(pilot, "no answer", "Start it"))
            pilot.app.action_start_worker()
        await until(pilot, shows(pilot, "“A” had", "1 of 5"))


async def test_a_click_into_a_former_text_does_nothing(ready, runs_dir):
    async with two_models(ready, runs_dir, "one", "two") as pilot:
        spoken(pilot, "#late", "abcdef " * 20)
        spoken(pilot, "#late", "xyz", column=1)
        await ask_why(pilot)
        row = next(row for row, line in enumerate(screen_text(pilot.app).splitlines()) if "abcdef abcdef" in line)
        await pilot.press("m")
        await pilot.click(offset=(40, row))
        await pilot.press("b", "down", "up")
        assert pilot.app.screen.inquiry.number == 0
        await answered(pilot)
        await until(pilot, shows(pilot, "two, best: “x”", "1 of 3"))


async def test_a_missing_models_failure_stays_its_own(ready, runs_dir):
    """It shows no answer of another model, and its error appears at no other one."""
    async with two_models(ready, runs_dir, "one", "two") as pilot:
        for column in (0, 1):
            spoken(pilot, "#late", "Thou art", column)
        await ask_why(pilot)
        shutil.rmtree(runs_dir / "two")
        await pilot.press("m", "m", "right")
        await answered(pilot)
        await until(pilot, shows(pilot, "one, best: “h”", "2 of 8", "Thou art"))
        assert "no answer" not in screen_text(pilot.app)
        await pilot.press("m")
        await until(pilot, shows(pilot, "two, best: no answer", "there is no run directory"))
        assert "Thou art" not in screen_text(pilot.app)
        await pilot.press("m")
        await until(pilot, shows(pilot, "one, best: “"))
