"""Look survives odd texts, failures of the worker, and its death."""

import re

from textual.widgets import Input, TextArea

from tests.tui.conftest import screen_text, shows, until
from tests.tui.looks import TEXT, known, type_text
from tinygpt_tui.screens.look import LookScreen
from tinygpt_tui.screens.looking import KEYS


async def test_odd_texts_are_looked_at_harmlessly(looking):
    async with looking() as pilot:
        for text in ("x", "\n", "[/] [bold]\x1b[2J‮ end", "é日a", "ab " * 4000):
            await type_text(pilot, text)
            for key in KEYS.values():
                await pilot.press(key, "home", "end")
                await known(pilot)
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", screen_text(pilot.app))
        await pilot.press("t")
        pilot.app.screen.query_one(TextArea).text = "日"
        await pilot.press("ctrl+s")
        await until(pilot, shows(pilot, "The model knows no character of this text."))


async def test_failures_are_told_in_the_view(looking):
    async with looking() as pilot:
        await type_text(pilot, "&error")
        await until(pilot, shows(pilot, "the script says that this fails"))
        await type_text(pilot, "&late")
        await pilot.press(*"asloun", "a", "b", "h")
        await known(pilot)
        await until(pilot, shows(pilot, "block 2, head 2 looks at"))
        await type_text(pilot, TEXT)
        knob = pilot.app.screen.query_one("#knob-temperature", Input)
        await pilot.press("n", "e", "a", "s", "tab", "l")  # letters are no numbers, and no keys in a field
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert [knob.value, pilot.app.focused.value] == ["0.8", "0.8"]
        assert pilot.app.screen.gaze.view == "next"
        knob.value = "x"
        await until(pilot, lambda: knob.has_class("-wrong"))
        await until(pilot, shows(pilot, "✗ temperature is 'x'.", "right settings are drawn."))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, LookScreen)
        knob.value = "0.5"
        await known(pilot)
        await until(pilot, lambda: "right settings are drawn" not in screen_text(pilot.app))


async def test_a_worker_that_dies_is_asked_again(looking):
    async with looking(text="") as pilot:
        await pilot.press("t")
        pilot.app.screen.query_one(TextArea).text = "&die"
        await pilot.press("ctrl+s")
        await until(pilot, shows(pilot, "Start it again"))
        await pilot.press("enter")
        await known(pilot)
        await until(pilot, shows(pilot, "the model", "50.0 %"))
