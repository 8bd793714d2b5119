"""Talking to a model: the play it sees, and its replies as they come."""

import re

from textual.widgets import Select

from tests.tui.chatting import knob, reply, say, spoken
from tests.tui.conftest import make_checkpoint, make_run, screen_text, shows, until
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.worker.protocol import Open, Write
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.chat import ChatScreen


async def test_a_line_gets_the_other_speakers_reply(ready):
    """Enter on an empty line lets the play continue."""
    async with ready((80, 24)) as pilot:
        assert "it continues a play, answers no questions" in screen_text(pilot.app)
        knob(pilot, "seed", 7)
        await pilot.press(*"But soft")
        await pilot.press("enter")
        await until(pilot, shows(pilot, "ROMEO", "But soft", "JULIET", reply(7), "And so it ends.", "seed 7"))
        talk = pilot.app.screen.columns[0].conversation
        assert talk.context("JULIET") == ("ROMEO:\nBut soft\n\nJULIET:\nThou art line 7.\nAnd so it ends.\n\nJULIET:\n")
        await until(pilot, lambda: not pilot.app.screen.replies.open)
        await say(pilot, "")
        await until(pilot, lambda: len(talk.turns) == 3 and not pilot.app.screen.replies.open)
        assert [turn.written for turn in talk.turns] == [False, True, True]
        await pilot.resize_terminal(200, 60)
        transcript, fields = pilot.app.screen.columns[0].transcript, pilot.app.screen.query_one("#fields")
        await until(pilot, lambda: fields.region.x > transcript.region.right)
        await until(pilot, lambda: transcript.query("Static").first().region.y == transcript.content_region.y)
        await until(pilot, shows(pilot, "draw from the likeliest that together"))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: fields.region.y > transcript.region.bottom)
        for _ in range(6):
            talk.say("ROMEO", "\n".join("and on" for _ in range(12)))
        pilot.app.screen.columns[0].show()
        await until(pilot, lambda: transcript.scroll_y == transcript.max_scroll_y > 0)


async def test_the_request_matches_what_the_screen_shows(ready, runs_dir, asked):
    path = make_run(runs_dir, "one")
    make_checkpoint(path, 20)
    options = {"max_new": 40, "temperature": 0.5, "top_k": 7, "top_p": 0.9, "min_p": 0.05, "seed": 0}
    async with ready() as pilot:
        column = pilot.app.screen.columns[0]
        column.query_one(Select).value = Choice(str(path), 20)
        await until(pilot, lambda: Open(run=str(path), step=20) in asked and column.tokenizer)
        for name, value in options.items():
            knob(pilot, name, value)
        await say(pilot, "first")
        await say(pilot, "second")
        play = "ROMEO:\nfirst\n\nJULIET:\nThou art line 0.\nAnd so it ends.\n\nROMEO:\nsecond\n\nJULIET:\n"
        request = Write(run=str(path), step=20, prompt=play, stops=["\n\n"], options=SamplingOptions(**options))
        assert asked[-1] == request


async def test_a_reply_streams_until_escape_stops_it(ready):
    """No other request begins meanwhile."""
    async with ready() as pilot:
        await say(pilot, "#slow", wait=False)
        turns = pilot.app.screen.columns[0].conversation.turns
        await until(pilot, lambda: len(turns) == 2 and len(turns[1].text) > 40)
        await until(pilot, shows(pilot, "on and on and"))
        for key in ("enter", "ctrl+n"):
            await pilot.press(key)
            await until(pilot, shows(pilot, "still writing. Esc stops it"))
            assert isinstance(pilot.app.screen, ChatScreen), "there is nothing to ask"
            assert len(turns) == 2
            pilot.app.clear_notifications()
            await until(pilot, lambda: not shows(pilot, "still writing")())
        await pilot.press("escape")
        await until(pilot, shows(pilot, ", stopped"))
        assert not pilot.app.screen.replies.open


async def test_another_reply_replaces_the_last(ready):
    """The last one stays when no other comes."""
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "Ho")
        await pilot.press("ctrl+r")
        await until(pilot, shows(pilot, reply(8)))
        assert reply(7) not in screen_text(pilot.app)
        turns = pilot.app.screen.columns[0].conversation.turns
        assert len(turns) == 2
        for line in ("#error", "#mute"):
            turns.clear()
            spoken(pilot, line, "kept")
            pilot.app.screen.columns[0].present("")
            await pilot.press("ctrl+r")
            if line == "#mute":
                await until(pilot, lambda: pilot.app.screen.replies.open)
                await pilot.press("escape")
            await until(pilot, lambda: not pilot.app.screen.replies.open)
            await until(pilot, shows(pilot, "nothing was written", "kept"))
            assert [turn.text for turn in turns] == [f"ROMEO:\n{line}", "JULIET:\nkept"]


async def test_a_reply_can_be_stopped_while_the_worker_starts(opened, monkeypatch):
    monkeypatch.setenv("SCRIPTED_START_S", "1000")
    async with opened() as pilot:
        await pilot.press("f3")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.both.active)
        await say(pilot, "Ho", wait=False)
        await until(pilot, lambda: len(screen.columns[0].conversation.turns) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: not screen.replies.open)
        assert [turn.text for turn in screen.columns[0].conversation.turns] == ["ROMEO:\nHo"]


async def test_arrow_keys_recall_lines_for_editing(ready):
    """Ctrl-B takes the last line back for editing, and keeps a half-written one."""
    async with ready() as pilot:
        await say(pilot, "first")
        await say(pilot, "secnod")
        await pilot.press(*"draft", "up", "up", "up")
        prompt = pilot.app.screen.desk.prompt
        assert prompt.value == "first"
        await pilot.press("down")
        assert prompt.value == "secnod"
        await pilot.press("down")
        assert prompt.value == "draft"
        await pilot.press("ctrl+b")
        assert prompt.value == "secnod"
        assert pilot.app.screen.columns[0].conversation.turns[0].text == "ROMEO:\nfirst"
        assert len(pilot.app.screen.columns[0].conversation.turns) == 2
        await pilot.press("up")
        assert prompt.value == "draft", "a half-written line is not lost for an edited one"


async def test_free_continuation_is_separate_from_the_play(ready):
    """It has its own text, and does not show the play's seed."""
    async with ready() as pilot:
        await say(pilot, "in the play")
        await until(pilot, lambda: re.search(r"seed \d", screen_text(pilot.app)))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "in the play" not in screen_text(pilot.app))
        await until(pilot, shows(pilot, "reads 256 characters back"))
        assert not re.search(r"seed \d", screen_text(pilot.app))
        knob(pilot, "seed", 3)
        await say(pilot, "Once ")
        talk = pilot.app.screen.columns[0].conversation
        assert talk.context() == f"Once {reply(3)}\nAnd so it ends.\n\n"
        await pilot.press("ctrl+t")
        await until(pilot, shows(pilot, "in the play"))


async def test_unknown_characters_are_struck_out_while_typing(ready):
    """A limit on the reply's length is kept."""
    async with ready() as pilot:
        await pilot.press(*"aé你b")
        await until(pilot, shows(pilot, "left out, as the model has never seen them: 你"))
        prompt = pilot.app.screen.desk.prompt
        spans = prompt._value.spans
        struck = {prompt._value.plain[span.start : span.end] for span in spans if span.style.strike}
        assert struck == {"你"}
        knob(pilot, "max_new", 6)
        await say(pilot, "Ho")
        assert pilot.app.screen.columns[0].conversation.turns[-1].text == "JULIET:\nThou a"
