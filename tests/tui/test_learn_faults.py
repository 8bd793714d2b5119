"""Learn, where numbers are late, fail, or do not come."""

import pytest
from textual.widgets import Input

from tests.tui.conftest import screen_text, shows, until
from tests.tui.learning import computed, learn, sentence


async def test_text_and_code_are_there_before_the_worker(opened, monkeypatch):
    """One can walk meanwhile, and the numbers come to the step that is shown then."""
    monkeypatch.setenv("SCRIPTED_START_S", "4")
    async with opened() as pilot:
        await pilot.press("f10")
        await until(pilot, shows(pilot, "The numbers come as soon", "def mean_by_loop"))
        await pilot.press("right", "s", "right", "right", "right", "right", "right", "left")
        await until(pilot, shows(pilot, "6 of 9  Several heads", "The numbers come", "def several_heads"))
        assert "Scaling" not in screen_text(pilot.app)
        await computed(pilot)
        await until(pilot, shows(pilot, "head 1", "head 2", "s Scaling", "Greatest difference"))


async def test_while_an_answer_is_late_the_last_one_stays(opened, monkeypatch):
    """Of several sentences only the newest is computed then."""
    monkeypatch.setenv("SCRIPTED_LATE_S", "1")
    async with opened() as pilot:
        screen = await learn(pilot)
        field = screen.query_one("#sentence", Input)
        for text in ("#late a", "#late b", "never", "at last"):
            field.value = text
            await pilot.pause()
        assert screen.found.sentence == "But soft"
        await until(pilot, shows(pilot, "takes" if screen.place > 2 else "Greatest difference"))
        await computed(pilot)
        assert screen.found.sentence == "at last"


async def test_a_failure_is_told_and_another_sentence_works(opened):
    async with opened() as pilot:
        screen = await learn(pilot)
        screen.query_one("#sentence", Input).value = "#error"
        await until(pilot, shows(pilot, "the script says that this fails", "There are no numbers"))
        await pilot.press("right", "s", "left")
        await sentence(pilot, "well")
        await until(pilot, shows(pilot, "Greatest difference"))


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_learn_recovers_from_a_dead_worker(opened, key):
    """It asks a restarted worker again, or says how to start one."""
    async with opened() as pilot:
        screen = await learn(pilot)
        screen.query_one("#sentence", Input).value = "#die"
        await until(pilot, shows(pilot, "MemoryError: the script says so"))
        await pilot.press(key)
        if key == "escape":
            await until(pilot, shows(pilot, "There are no numbers", "^p", "def mean_by_loop"))
            await pilot.press("right", "right", "left")
            await until(pilot, shows(pilot, "2 of 9", "def mean_by_matrix"))
            pilot.app.action_start_worker()
        await computed(pilot)
        assert screen.found.sentence == "#die"
        await until(pilot, shows(pilot, "Greatest difference"))
