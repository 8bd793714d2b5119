"""Models chosen in the chat: two side by side, their checkpoints, and where one writes after a choice."""

import json
import re
import shutil
import threading

from textual.widgets import Input, Select

from tests.tui.chatting import say
from tests.tui.conftest import make_checkpoint, make_run, screen_text, shows, until
from tinygpt_keras.runs.directory import pretrained_run
from tinygpt_keras.worker.protocol import Write
from tinygpt_tui.runs.choices import Choice, list_choices


async def compare(pilot, runs_dir, *names):
    """Choose a model for each column."""
    screen = pilot.app.screen
    if not screen.columns[1].display and len(names) > 1:
        await pilot.press("f6")
    for column, name in zip(screen.columns, names, strict=False):
        column.query_one(Select).value = Choice(str(runs_dir / name))
        await until(pilot, lambda column=column: column.tokenizer)


def writes(pilot):
    """Say whether the focus is where one writes."""
    return lambda: pilot.app.focused is pilot.app.screen.desk.prompt


async def test_two_compared_models_share_prompt_and_seed(ready, runs_dir, asked, tmp_path):
    """The saved text names each model; without comparison only the first one answers."""
    paths = [str(make_run(runs_dir, name)) for name in ("small", "large")]
    async with ready() as pilot:
        screen = pilot.app.screen
        first, second = screen.columns
        await compare(pilot, runs_dir, "small", "large")
        await until(pilot, lambda: screen_text(pilot.app).count("4,321 parameters") == 2)
        await say(pilot, "Ho")
        await until(pilot, lambda: not screen.replies.open)
        written = [request for request in asked if isinstance(request, Write)]
        assert [request.run for request in written] == paths
        assert {request.prompt for request in written} == {"ROMEO:\nHo\n\nJULIET:\n"}
        assert written[0].options == written[1].options
        assert [turn.text for turn in first.conversation.turns] == [turn.text for turn in second.conversation.turns]
        seeds = re.findall(r"Thou art line (\d+)", screen_text(pilot.app))
        assert len(seeds) == 2
        assert seeds[0] == seeds[1]
        await pilot.press("ctrl+s")
        text = await until(pilot, lambda: next(tmp_path.glob("chat-*.txt")).read_text("utf-8"))
        spoken = f"ROMEO:\nHo\n\nJULIET:\nThou art line {seeds[0]}.\nAnd so it ends.\n"
        assert text == f"— small, best —\n\n{spoken}\n— large, best —\n\n{spoken}"

        await pilot.press("f6")
        await say(pilot, "Alone")
        assert len(first.conversation.turns) == 4
        assert len(second.conversation.turns) == 2


async def test_a_deleted_second_model_shows_no_facts(ready, runs_dir):
    for name in ("one", "two"):
        make_run(runs_dir, name)
    async with ready() as pilot:
        await compare(pilot, runs_dir, "one", "two")
        await until(pilot, lambda: screen_text(pilot.app).count("4,321 parameters") == 2)
        await pilot.press("f4")
        shutil.rmtree(runs_dir / "two")
        await pilot.press("f3")
        await until(pilot, shows(pilot, "choose a second model"))
        await until(pilot, lambda: screen_text(pilot.app).count("4,321 parameters") == 1)


async def test_transcripts_follow_their_ends_unless_scrolled_back(ready):
    async with ready((80, 24)) as pilot:
        first, second = pilot.app.screen.columns
        for _ in range(6):
            await say(pilot, "a line that needs more than a row where two columns share the screen")

        def at_end(column):
            return column.transcript.max_scroll_y > 0 and column.transcript.scroll_y == column.transcript.max_scroll_y

        await until(pilot, lambda: at_end(first))
        await pilot.press("f6")
        second.query_one(Select).value = first.choice
        await until(pilot, lambda: second.tokenizer and at_end(first) and at_end(second))
        await say(pilot, "#slow", wait=False)
        await until(pilot, lambda: len(second.conversation.turns[-1].text) > 200)
        assert at_end(first)
        assert at_end(second)
        first.transcript.scroll_to(y=0, animate=False, immediate=True)
        length = len(first.conversation.turns[-1].text)
        await until(pilot, lambda: len(first.conversation.turns[-1].text) > length + 200)
        assert first.transcript.scroll_y == 0
        assert at_end(second)


async def test_checkpoints_can_be_chosen(ready, runs_dir):
    path = make_run(runs_dir, "one")
    for step in ("200", "2000", ".20.tmp", "x"):
        make_checkpoint(path, step)
    async with ready() as pilot:
        options = [value for _, value in pilot.app.screen.columns[0].query_one(Select)._options][1:]
        assert options == [
            Choice(str(path)),
            Choice(str(pretrained_run().path)),
            Choice(str(path), 2000),
            Choice(str(path), 200),
        ]


async def test_the_pretrained_model_is_there_without_any_run(opened):
    async with opened() as pilot:
        await pilot.press("f3")
        await until(pilot, shows(pilot, "the pretrained model"))


async def test_what_another_model_wrote_names_it(ready, runs_dir):
    make_run(runs_dir, "small")
    make_run(runs_dir, "large")
    async with ready() as pilot:
        first, second = pilot.app.screen.columns
        await compare(pilot, runs_dir, "small")
        await say(pilot, "Ho")
        assert "— by" not in screen_text(pilot.app)
        await compare(pilot, runs_dir, "small", "large")
        await until(pilot, shows(pilot, "— by small, best"))
        assert screen_text(pilot.app).count("— by") == 1
        await say(pilot, "Again")
        await until(pilot, lambda: not pilot.app.screen.replies.open)
        assert [turn.by for turn in first.conversation.turns if turn.written] == ["small, best"] * 2
        assert [turn.by for turn in second.conversation.turns if turn.written] == ["small, best", "large, best"]
        await pilot.press("f6")
        await until(pilot, lambda: "— by" not in screen_text(pilot.app))
    async with ready() as pilot:
        await until(pilot, shows(pilot, "Again", "And so it ends."))
        await compare(pilot, runs_dir, "large")
        await until(pilot, lambda: screen_text(pilot.app).count("— by small, best") == 2)


async def test_a_new_second_model_keeps_the_transcript(ready, runs_dir):
    """A conversation that the second column lacks is copied from the first."""
    for name in ("one", "two", "three"):
        make_run(runs_dir, name)
    async with ready() as pilot:
        first, second = pilot.app.screen.columns
        await compare(pilot, runs_dir, "one", "two")
        await say(pilot, "Ho")
        await until(pilot, lambda: not pilot.app.screen.replies.open)
        await pilot.press("f6", "ctrl+t")
        await say(pilot, "Once")
        await pilot.press("f6")
        await compare(pilot, runs_dir, "one", "three")
        await until(pilot, lambda: second.talk.free.turns)
        play, text = second.talk.both
        assert [turn.by for turn in play.turns] == ["", "two, best"]
        assert text.turns == first.talk.free.turns


async def test_rereading_the_list_keeps_the_requested_model(ready, runs_dir, monkeypatch):
    for name in ("one", "other"):
        make_run(runs_dir, name)
    asked, go_on = [], threading.Event()

    def slow(*arguments):
        asked.append(arguments)
        go_on.wait(10)
        return list_choices(*arguments)

    async with ready() as pilot:
        monkeypatch.setattr("tinygpt_tui.screens.choosing.list_choices", slow)
        pilot.app.chat_with(Choice(str(runs_dir / "one")))
        await until(pilot, lambda: asked)
        await pilot.press("f4", "f3")
        await until(pilot, lambda: len(asked) > 1)
        go_on.set()
        await until(pilot, lambda: pilot.app.screen.columns[0].label == "one, best")


async def test_what_is_known_of_a_model_goes_with_it(ready, runs_dir):
    for name, characters in (("one", "\nab"), ("other", "\nxyz")):
        path = make_run(runs_dir, name)
        (path / "vocab.json").write_text(json.dumps(list(characters)))
    async with ready() as pilot:
        column = pilot.app.screen.columns[0]
        for name, characters in (("one", "\nab"), ("other", "\nxyz")):
            pilot.app.chat_with(Choice(str(runs_dir / name)))
            await until(pilot, lambda characters=characters: column.tokenizer.characters == tuple(characters))
            assert column.label == f"{name}, best"


async def test_choosing_a_model_or_mode_focuses_the_prompt(ready, runs_dir):
    """It does not if the user has clicked another field."""
    make_run(runs_dir, "one")
    make_run(runs_dir, "other")
    async with ready() as pilot:
        screen = pilot.app.screen
        select, seed = screen.columns[0].query_one(Select), screen.query_one("#knob-seed", Input)
        for moves in (["down"], []):
            before = select.value
            await pilot.click(select)
            await until(pilot, lambda: select.expanded)
            await pilot.press(*moves, "enter")
            await until(pilot, writes(pilot))
            assert (select.value != before) is bool(moves)
        await pilot.press("f6")
        await until(pilot, lambda: pilot.app.focused is screen.columns[1].query_one(Select))
        await pilot.press("enter", "down", "enter")
        await until(pilot, writes(pilot))
        await pilot.press("f6")
        select.focus()
        await pilot.press("f6")
        await until(pilot, writes(pilot))

        seed.focus()
        await pilot.press("ctrl+t")
        await until(pilot, writes(pilot))
        assert not screen.desk.is_play
        await pilot.click("#mode")
        await pilot.press("up", "enter")
        await until(pilot, writes(pilot))
        assert screen.desk.is_play

        await pilot.click(select)
        await until(pilot, lambda: select.expanded)
        await pilot.click(seed)
        await until(pilot, lambda: not select.expanded and pilot.app.focused is seed)
        await pilot.pause()
        assert pilot.app.focused is seed
        screen.desk.prompt.focus()
        await pilot.press(*"Ho")
        assert screen.desk.prompt.value == "Ho"
