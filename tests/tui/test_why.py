"""Asking why a model wrote a character."""

import contextlib
import re

import pytest

from tests.tui.chatting import answered, ask_why, knob, say, two_models
from tests.tui.conftest import make_run, screen_text, shows, until
from tinygpt_keras.worker.protocol import Inspect
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.chat import ChatScreen

REPLY = "Thou art line 7.\nAnd so it ends."


@pytest.fixture
def replied(ready):
    """Open the chat where a line has been answered."""

    @contextlib.asynccontextmanager
    async def open_chat(*arguments, line="But soft", **options):
        async with ready(*arguments, **options) as pilot:
            knob(pilot, "seed", 7)
            await say(pilot, line)
            yield pilot

    return open_chat


async def test_why_shows_probabilities_and_attention_at_every_size(replied, asked):
    async with replied() as pilot:
        await ask_why(pilot)
        play = "ROMEO:\nBut soft\n\nJULIET:\n"
        assert isinstance(asked[-1], Inspect)
        assert (asked[-1].prompt, asked[-1].written) == (play, "")
        assert "Other model" not in screen_text(pilot.app)
        assert pilot.app.screen.check_action("other", ()) is False
        for size in [(120, 40), (80, 24)]:
            await pilot.resize_terminal(*size)
            # The script gives each character of the vocabulary half the chance of the one before it.
            await until(pilot, shows(pilot, "“T” had hardly a chance, choice 33 of 65", "1 of 32"))
            await until(pilot, shows(pilot, "what it thought likely", "1  ↵  ██████", "50.0 %", "33  T", "0.0 % ◂"))
            await until(pilot, shows(pilot, "where it looked", " all blocks, all heads ", "25.0 %", "1 back"))
            await until(pilot, shows(pilot, "what it saw, 25 characters"))
            await until(pilot, shows(pilot, "Thou art line 7."))
        await pilot.resize_terminal(70, 24)
        await until(pilot, shows(pilot, "what it saw", "what each head looks at most", "1.1", "1  ↵  ██████"))
        for size in [(40, 12), (20, 5), (200, 60), (1, 1), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await until(pilot, shows(pilot, "◂", "1 back", "“T” had hardly a chance"))


async def test_arrows_and_clicks_move_through_written_characters(replied, asked, runs_dir):
    """Esc leads back to the chat."""
    async with replied() as pilot:
        await ask_why(pilot)
        for keys, place in (("right", 1), ("right", 2), ("left", 1), ("down", 17), ("up", 0), ("end", 31), ("home", 0)):
            await pilot.press(keys)
            await until(pilot, lambda place=place: asked[-1].written == REPLY[:place])
            await answered(pilot)
            await until(pilot, shows(pilot, f"{place + 1} of {len(REPLY)}"))

        rows = screen_text(pilot.app).splitlines()
        row = next(number for number, line in enumerate(rows) if "And so it" in line)
        await pilot.click(offset=(rows[row].index("so it"), row))
        await until(pilot, lambda: asked[-1].written == "Thou art line 7.\nAnd ")
        count = len(asked)
        row = next(number for number, line in enumerate(rows) if "But soft" in line)
        await pilot.click(offset=(rows[row].index("soft"), row))  # the person's own words
        await pilot.pause(0.2)
        assert len(asked) == count

        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        await until(pilot, shows(pilot, "But soft", "Thou art line 7."))

        await ask_why(pilot)
        other = Choice(str(make_run(runs_dir, "two")), None)
        pilot.app.chat_with(other)
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        await until(pilot, lambda: pilot.app.screen.columns[0].choice == other)


async def test_keys_select_one_block_and_head(replied):
    """After a burst of keys the last one decides."""
    async with replied() as pilot:
        await ask_why(pilot)
        back = []
        for key, eyes in (
            ("b", "block 1, all heads "), ("b", "block 2, all heads "), ("b", "all blocks, all heads "),
            ("h", "all blocks, head 1 "),
            ("h", "all blocks, head 2 "), ("b", "block 1, head 2 "), ("H", "block 1, head 1 "),
            ("B", "all blocks, head 1 "), ("H", "all blocks, all heads "),
        ):  # fmt: skip
            await pilot.press(key)
            await until(pilot, shows(pilot, f" {eyes}"))
            back.append(re.findall(r"([1-9]\d*)\.\d %  +\S+ +(\d) back", screen_text(pilot.app)))
        # Of the script a block looks one further back than the one before it, and a head two.
        assert back[0] == [("50", "3"), ("50", "1")]
        assert back[6] == [("100", "1")]
        assert back[5] == [("100", "3")]

        await pilot.press(*["right"] * 40, *["left"] * 3, "b", "h", "b")
        await answered(pilot)
        await until(pilot, shows(pilot, f"{len(REPLY) - 3} of {len(REPLY)}", "“n” had", "block 2, head 1"))
        assert pilot.app.screen.found.insight.context.endswith(REPLY[:-4])


async def test_each_head_has_a_row_that_a_click_chooses(replied):
    """In few columns it is short, and whole. F8 looks further, at the same text and place."""
    async with replied() as pilot:
        await ask_why(pilot)
        await until(pilot, shows(pilot, " 1.1  the character itself", "100.0 %", " 2.2  ", "b block  h head"))
        await pilot.press("b", "b", "h")
        await until(pilot, shows(pilot, "▸2.1  the character before", "block 2, head 1 "))
        rows = screen_text(pilot.app).splitlines()
        row = next(number for number, line in enumerate(rows) if " 1.2  " in line)
        await pilot.click(offset=(rows[row].index("1.2"), row))
        await until(pilot, shows(pilot, "▸1.2  ", "block 1, head 2 "))
        await pilot.resize_terminal(80, 24)
        await until(pilot, shows(pilot, " 1.1  itself", " 2.1  the one before", "100.0 %"))
        await pilot.resize_terminal(120, 40)
        await pilot.press(*["right"] * 5)
        await answered(pilot)
        await until(pilot, shows(pilot, "0 % ████████ 100.0 %  6 of 32"))
        await pilot.press("f8")
        await until(pilot, lambda: pilot.app.screen.gaze.text.endswith("JULIET:\nThou art line .\nAnd so it ends."))
        gaze = pilot.app.screen.gaze
        assert gaze.text[: gaze.place + 1].endswith("\n\nJULIET:\nThou ")
        await until(pilot, shows(pilot, "◂ follows in the text: a, choice "))
        await pilot.press("escape")
        await until(pilot, shows(pilot, "“a” had", "6 of 32"))


async def test_with_two_models_each_is_asked_about_its_own(ready, runs_dir, asked):
    async with two_models(ready, runs_dir, "one", "two") as pilot:
        await say(pilot, "Ho")
        await ask_why(pilot)
        assert asked[-1].run == str(runs_dir / "one")
        assert "m Other model" in screen_text(pilot.app)
        await pilot.press("m")
        await until(pilot, lambda: asked[-1].run == str(runs_dir / "two"))
        await answered(pilot)
        await until(pilot, shows(pilot, "two, best: “"))
        await pilot.press("m")
        await until(pilot, lambda: asked[-1].run == str(runs_dir / "one"))


async def test_before_anything_is_written_there_is_nothing_to_ask(ready):
    async with ready() as pilot:
        await pilot.press("f7")
        await until(pilot, shows(pilot, "Nothing has been written here yet. Say a line first."))
        await say(pilot, "#slow", wait=False)
        await until(pilot, lambda: pilot.app.screen.replies.open)
        await pilot.press("f7")
        await until(pilot, shows(pilot, "still writing. Esc stops it"))
        assert isinstance(pilot.app.screen, ChatScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.replies.open)


async def test_why_shows_a_hostile_reply_harmlessly(ready):
    """A reply by another model is marked as such."""
    async with ready() as pilot:
        await say(pilot, "#hostile")
        await ask_why(pilot)
        for _ in range(30):
            await pilot.press("right")
        await answered(pilot)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", screen_text(pilot.app))
        await until(pilot, shows(pilot, "[/] [bold [red]x[/red]", "“0” is not among its characters"))
        await pilot.press("escape")
        pilot.app.screen.columns[0].conversation.begin_reply("JULIET", "another").text += "Ay me"
        await ask_why(pilot)
        await until(pilot, shows(pilot, "“A” had ", "— by another"))


async def test_the_character_is_visible_without_colour(ready, monkeypatch):
    """It stays visible at every size, and when the pane is scrolled."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with ready() as pilot:
        talk = pilot.app.screen.columns[0].conversation
        talk.say("ROMEO", "what light")
        talk.begin_reply("JULIET").text += "and so on\n" * 10 + "§ it ends\n" + "with this\n" * 10
        await ask_why(pilot)
        for size in [(120, 40), (80, 24), (60, 15), (40, 12)]:
            await pilot.resize_terminal(*size)
            await pilot.press("home", *["down"] * 10)
            await answered(pilot)
            await until(pilot, shows(pilot, "§ it ends"))
            await pilot.press("pagedown", "pagedown", "pagedown")
            await until(pilot, shows(pilot, "1 back", "§ it ends"))
            await pilot.press("pageup", "pageup", "pageup")
