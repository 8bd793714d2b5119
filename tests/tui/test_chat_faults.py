"""What the chat bears: values that are none, hostile and endless text, hasty keys, and a worker that fails."""

import json
import os
import re
import signal

from textual import events
from textual.widgets import Input, Select

from tests.tui.chatting import knob, say
from tests.tui.conftest import make_run, screen_text, shows, until
from tests.tui.training.test_recipe import NO_NUMBERS
from tinygpt_tui.screens.dialogs import WorkerDied
from tinygpt_tui.widgets.controls import SHOWN


async def lose_worker(pilot):
    """Kill the worker, and go on without one."""
    os.kill((await until(pilot, lambda: pilot.app.worker._client._process)).pid, signal.SIGKILL)
    await until(pilot, lambda: isinstance(pilot.app.screen, WorkerDied))
    await until(pilot, lambda: pilot.app.screen.query_one("#without").region.size)
    await pilot.click("#without")
    await until(pilot, lambda: not isinstance(pilot.app.screen, WorkerDied))


BAD_KNOBS = [
    *[("temperature", "hot"), ("top_p", "1.5"), ("top_p", "nan"), ("seed", "-1"), ("top_k", "x")],
    ("max_new", "-1", "length is -1"),
]


async def test_an_invalid_knob_is_named_and_sends_nothing(ready):
    """The line stays in the prompt, and the message uses the knob's label."""
    async with ready() as pilot:
        screen = pilot.app.screen
        for name, value, *words in BAD_KNOBS:
            before = screen.query_one(f"#knob-{name}", Input).value
            knob(pilot, name, value)
            await say(pilot, "Ho", wait=False)
            await until(pilot, shows(pilot, "Give it", *words))
            assert screen.desk.prompt.value == "Ho"
            assert not screen.columns[0].conversation.turns
            knob(pilot, name, before)
            pilot.app.clear_notifications()
            await until(pilot, lambda: "Give it" not in screen_text(pilot.app))


async def test_no_knob_takes_for_a_number_what_is_none(ready):
    async with ready() as pilot:
        screen = pilot.app.screen
        for name, label in SHOWN.items():
            field = screen.query_one(f"#knob-{name}", Input)
            before = field.value
            for typed in NO_NUMBERS[:2]:
                field.value = typed
                await until(pilot, shows(pilot, f"✗ {label} is {typed!r}. Give it a"))
                assert field.has_class("-wrong")
                assert screen.options() is None
            field.value = before
            await until(pilot, lambda: "✗" not in screen_text(pilot.app))
            assert screen.options() is not None


async def test_a_model_that_knows_no_line_end_is_told(ready, runs_dir):
    (make_run(runs_dir, "flat") / "vocab.json").write_text(json.dumps([" ", "a", "b"]))
    async with ready() as pilot:
        await until(pilot, shows(pilot, "knows no line end, so its replies never end early"))


async def test_overlong_input_is_cut_and_hostile_text_harmless(ready):
    """A conversation that is longer than the context is cut, too."""
    async with ready() as pilot:
        prompt = pilot.app.screen.desk.prompt
        prompt.post_message(events.Paste("word \x1b[2J\n" * 100_000))
        await until(pilot, lambda: 1_990 < len(prompt.value) <= 2_000)
        await pilot.press("enter")
        await until(pilot, lambda: not pilot.app.screen.replies.open and pilot.app.screen.columns[0].conversation.turns)
        await until(pilot, shows(pilot, "And so it ends."))
        pilot.app.screen.columns[0].conversation.say("ROMEO", "x" * 1_000_000)
        pilot.app.screen.columns[0].show()
        await until(pilot, shows(pilot, "more characters …"))
        await say(pilot, "Ho")
        await say(pilot, "#hostile [/] [bold [@click=app.quit]x \x1b[31m")
        await until(pilot, shows(pilot, "[/] [bold [red]x[/red] ␛[2J ␛]0;x␇", "[@click=app.quit]x ␛[31m"))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", screen_text(pilot.app))


async def test_two_quick_enters_send_one_line(ready):
    """Pasted line ends become spaces, and an error leaves no empty turn."""
    async with ready() as pilot:
        prompt = pilot.app.screen.desk.prompt
        prompt.post_message(events.Paste("one\rtwo\r\nthree\nfour"))
        await until(pilot, lambda: prompt.value == "one two three four")
        prompt.value = "Once"
        prompt.post_message(Input.Submitted(prompt, "Once"))
        prompt.post_message(Input.Submitted(prompt, "Once"))
        await until(pilot, shows(pilot, "And so it ends."))
        await until(pilot, lambda: not pilot.app.screen.replies.open)
        assert [turn.written for turn in pilot.app.screen.columns[0].conversation.turns] == [False, True]
        await say(pilot, "#error", wait=False)
        await until(pilot, shows(pilot, "nothing was written"))
        await until(pilot, lambda: not pilot.app.screen.replies.open)
        assert [turn.written for turn in pilot.app.screen.columns[0].conversation.turns] == [False, True, False]


async def test_a_worker_that_dies_mid_reply_can_restart(ready):
    async with ready() as pilot:
        await say(pilot, "#die", wait=False)
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkerDied))
        await until(pilot, shows(pilot, "ended with status 3", "MemoryError: the script says so"))
        await until(pilot, shows(pilot, "The program that runs the models for the chat has ended"))
        await until(pilot, lambda: pilot.app.focused is pilot.app.screen.query_one("#again"))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.worker.is_ready)
        await pilot.press("ctrl+b")
        await say(pilot, "Back again")
        await until(pilot, shows(pilot, "And so it ends."))


async def test_a_killed_worker_leaves_replies_and_usable_application(ready):
    async with ready() as pilot:
        await say(pilot, "Ho")
        turns = [*pilot.app.screen.columns[0].conversation.turns]
        await lose_worker(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, shows(pilot, "the process that holds the model has ended", "And so it ends."))
        assert pilot.app.screen.columns[0].conversation.turns == turns
        pilot.app.screen.columns[0].present("")
        await say(pilot, "Anybody?", wait=False)
        await until(pilot, shows(pilot, "the process that holds the model has ended"))
        pilot.app.action_start_worker()
        await pilot.press("ctrl+b")
        await say(pilot, "Somebody")
        await until(pilot, lambda: screen_text(pilot.app).count("And so it ends.") == 2)


async def test_restarting_the_worker_reopens_every_model(opened, runs_dir, monkeypatch):
    make_run(runs_dir, "one")
    monkeypatch.setenv("SCRIPTED_START_S", "1000")
    async with opened() as pilot:
        await pilot.press("f3", "f6")
        first, second = pilot.app.screen.columns
        await until(pilot, lambda: first.choice)
        second.query_one(Select).value = first.choice
        await until(pilot, lambda: first.facts == second.facts == "opening…")
        await lose_worker(pilot)
        assert not first.tokenizer
        assert not second.tokenizer
        monkeypatch.setenv("SCRIPTED_START_S", "0")
        pilot.app.action_start_worker()
        await until(pilot, lambda: first.tokenizer and second.tokenizer)


async def test_keys_pressed_too_fast(ready):
    async with ready() as pilot:
        await pilot.press(
            *"Ho", "enter", "enter", "ctrl+r", "ctrl+b", "ctrl+t", "ctrl+t", "escape", "f3", "ctrl+r", "f6", "f6"
        )
        await until(pilot, lambda: not pilot.app.screen.replies.open)
        # The keys have left a chat that works.
        await say(pilot, "And now")
        await until(pilot, shows(pilot, "And now", "And so it ends."))
