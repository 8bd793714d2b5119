"""Talking to a model: the play it sees, its replies as they come, and what can go wrong meanwhile."""

import json
import os
import re
import signal

import pytest
from textual.widgets import Input, Select

from tests.tui.conftest import make_run, screen_text, shows, until
from tinygpt_keras.runs import pretrained_run
from tinygpt_tui.screens.dialogs import Confirm, WorkerDied
from tinygpt_tui.state.choices import Choice


@pytest.fixture
def ready(opened, runs_dir):
    """Open the chat with a model that is read."""
    import contextlib

    @contextlib.asynccontextmanager
    async def open_chat(*arguments, **options):
        if not runs_dir.exists():
            make_run(runs_dir, "one")
        async with opened(*arguments, **options) as pilot:
            await pilot.press("f3")
            await until(pilot, lambda: pilot.app.screen.columns[0].tokenizer)
            yield pilot

    return open_chat


def reply(seed):
    return f"Thou art line {seed}."


async def say(pilot, line, wait=True):
    """Type a line and send it."""
    screen = pilot.app.screen
    screen.desk.prompt.value = line
    screen.desk.prompt.focus()
    await pilot.press("enter")
    if wait:
        await until(pilot, lambda: not screen.replies.requests and screen.columns[0].conversation.turns[-1].written)


def knob(pilot, name, value):
    pilot.app.screen.query_one(f"#knob-{name}", Input).value = str(value)


async def test_it_is_said_what_a_base_model_is(ready):
    async with ready((80, 24)) as pilot:
        assert "it continues a play, it does not answer questions" in screen_text(pilot.app)


async def test_a_line_is_answered_by_the_other(ready):
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await pilot.press(*"But soft")
        await pilot.press("enter")
        await until(pilot, shows(pilot, "ROMEO", "But soft", "JULIET", reply(7), "And so it ends.", "seed 7"))
        talk = pilot.app.screen.columns[0].conversation
        assert talk.context("JULIET") == ("ROMEO:\nBut soft\n\nJULIET:\nThou art line 7.\nAnd so it ends.\n\nJULIET:\n")


async def test_a_reply_streams_and_can_be_stopped(ready):
    async with ready() as pilot:
        await say(pilot, "#slow", wait=False)
        turns = pilot.app.screen.columns[0].conversation.turns
        await until(pilot, lambda: len(turns) == 2 and len(turns[1].text) > 40)
        await until(pilot, shows(pilot, "on and on and"))
        await pilot.press("enter")
        await until(pilot, shows(pilot, "still writing. Esc stops it"))
        await pilot.press("escape")
        await until(pilot, shows(pilot, ", stopped"))
        assert not pilot.app.screen.replies.requests


async def test_another_reply_takes_the_place_of_the_last(ready):
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "Ho")
        await pilot.press("ctrl+r")
        await until(pilot, shows(pilot, reply(8)))
        assert reply(7) not in screen_text(pilot.app)
        assert len(pilot.app.screen.columns[0].conversation.turns) == 2


async def test_the_last_line_can_be_edited(ready):
    async with ready() as pilot:
        await say(pilot, "first")
        await say(pilot, "secnod")
        await pilot.press("ctrl+b")
        assert pilot.app.screen.desk.prompt.value == "secnod"
        assert pilot.app.screen.columns[0].conversation.turns[0].text == "ROMEO:\nfirst"
        assert len(pilot.app.screen.columns[0].conversation.turns) == 2


async def test_arrow_keys_recall_what_was_said(ready):
    async with ready() as pilot:
        await say(pilot, "first")
        await say(pilot, "second")
        await pilot.press(*"draft", "up", "up", "up")
        prompt = pilot.app.screen.desk.prompt
        assert prompt.value == "first"
        await pilot.press("down")
        assert prompt.value == "second"
        await pilot.press("down")
        assert prompt.value == "draft"


async def test_enter_on_an_empty_line_lets_the_play_go_on(ready):
    async with ready() as pilot:
        await say(pilot, "")
        assert [turn.written for turn in pilot.app.screen.columns[0].conversation.turns] == [True]


async def test_free_continuation_has_its_own_text(ready):
    async with ready() as pilot:
        await say(pilot, "in the play")
        await pilot.press("f5")
        await until(pilot, lambda: "in the play" not in screen_text(pilot.app))
        knob(pilot, "seed", 3)
        await say(pilot, "Once ")
        talk = pilot.app.screen.columns[0].conversation
        assert talk.context() == f"Once {reply(3)}\nAnd so it ends.\n\n"
        await pilot.press("f5")
        await until(pilot, shows(pilot, "in the play"))


async def test_two_models_get_the_same_words_and_the_same_seed(ready, runs_dir):
    make_run(runs_dir, "bigram")
    make_run(runs_dir, "gpt")
    async with ready() as pilot:
        screen = pilot.app.screen
        await pilot.press("f6")
        first, second = screen.columns
        first.query_one(Select).value = Choice(str(runs_dir / "gpt"))
        second.query_one(Select).value = Choice(str(runs_dir / "bigram"))
        await until(pilot, lambda: first.tokenizer and second.tokenizer)
        await say(pilot, "Speak")
        await until(pilot, lambda: not screen.replies.requests)
        assert [turn.text for turn in first.conversation.turns] == [turn.text for turn in second.conversation.turns]
        seeds = re.findall(r"Thou art line (\d+)", screen_text(pilot.app))
        assert len(seeds) == 2
        assert seeds[0] == seeds[1]
        await pilot.press("f6")
        await say(pilot, "Alone")
        assert len(first.conversation.turns) == 4
        assert len(second.conversation.turns) == 2


async def test_both_transcripts_stay_at_their_ends_and_wait_where_one_reads_back(ready):
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
        first.transcript.scroll_to(y=0, animate=False)
        length = len(first.conversation.turns[-1].text)
        await until(pilot, lambda: len(first.conversation.turns[-1].text) > length + 200)
        assert first.transcript.scroll_y == 0
        assert at_end(second)


async def test_checkpoints_can_be_chosen(ready, runs_dir):
    path = make_run(runs_dir, "one")
    for step in ("200", "2000", ".20.tmp", "x"):
        (path / "checkpoints" / step).mkdir(parents=True)
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


async def test_unknown_characters_are_struck_out_before_they_are_sent(ready):
    async with ready() as pilot:
        await pilot.press(*"aé你b")
        await until(pilot, shows(pilot, "left out, as the model has never seen them: 你"))
        prompt = pilot.app.screen.desk.prompt
        spans = prompt._value.spans
        struck = {prompt._value.plain[span.start : span.end] for span in spans if span.style.strike}
        assert struck == {"你"}


@pytest.mark.parametrize(("name", "value"), [("temperature", "hot"), ("top_p", "1.5"), ("seed", "-1"), ("top_k", "x")])
async def test_a_knob_without_a_value_sends_nothing(ready, name, value):
    async with ready() as pilot:
        knob(pilot, name, value)
        await say(pilot, "Ho", wait=False)
        await until(pilot, shows(pilot, "Give it"))
        assert not pilot.app.screen.replies.requests


async def test_the_length_is_kept(ready):
    async with ready() as pilot:
        knob(pilot, "max_new", 6)
        await say(pilot, "Ho")
        assert pilot.app.screen.columns[0].conversation.turns[-1].text == "JULIET:\nThou a"


async def test_saving_as_text_and_as_a_picture(ready, tmp_path):
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "[bold] & <i>")
        await pilot.press("ctrl+s", "ctrl+o")
        text = await until(pilot, lambda: next(tmp_path.glob("chat-*.txt")).read_text("utf-8"))
        assert text == "ROMEO:\n[bold] & <i>\n\nJULIET:\nThou art line 7.\nAnd so it ends.\n"
        picture = await until(pilot, lambda: next(tmp_path.glob("chat-*.svg")).read_text("utf-8"))
        assert "[bold]" in picture
        assert "&lt;i&gt;" in picture
        await until(pilot, shows(pilot, "Saved as", ".txt", ".svg"))


async def test_saving_twice_at_once_keeps_both_and_says_where(ready, tmp_path):
    async with ready((200, 50)) as pilot:
        await say(pilot, "Ho")
        await pilot.press("ctrl+s", "ctrl+s", "ctrl+s")
        await until(pilot, lambda: len([path for path in tmp_path.glob("chat-*.txt") if path.stat().st_size]) == 3)
        said = [f"Saved as {path}" for path in tmp_path.glob("chat-*.txt")]
        await until(pilot, lambda: {note.message for note in pilot.app._notifications} == set(said))


async def test_where_nothing_can_be_saved_it_is_said(ready, tmp_path, monkeypatch):
    async with ready() as pilot:
        await say(pilot, "Ho")
        monkeypatch.setattr("tinygpt_tui.delivery.Path.cwd", lambda: tmp_path / "nowhere")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "No such file or directory" in [*pilot.app._notifications][-1].message)


async def test_the_saved_comparison_names_the_models(ready, runs_dir, tmp_path):
    make_run(runs_dir, "small")
    make_run(runs_dir, "large")
    async with ready() as pilot:
        await compare(pilot, runs_dir, "small", "large")
        knob(pilot, "seed", 7)
        await say(pilot, "Ho")
        await until(pilot, lambda: not pilot.app.screen.replies.requests)
        await pilot.press("ctrl+s")
        text = await until(pilot, lambda: next(tmp_path.glob("chat-*.txt")).read_text("utf-8"))
        spoken = "ROMEO:\nHo\n\nJULIET:\nThou art line 7.\nAnd so it ends.\n"
        assert text == f"— small, best —\n\n{spoken}\n— large, best —\n\n{spoken}"


async def compare(pilot, runs_dir, *names):
    """Choose a model for each column."""
    screen = pilot.app.screen
    if not screen.columns[1].display and len(names) > 1:
        await pilot.press("f6")
    for column, name in zip(screen.columns, names, strict=False):
        column.query_one(Select).value = Choice(str(runs_dir / name))
        await until(pilot, lambda column=column: column.tokenizer)


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
        await until(pilot, lambda: not pilot.app.screen.replies.requests)
        assert [turn.by for turn in first.conversation.turns if turn.written] == ["small, best"] * 2
        assert [turn.by for turn in second.conversation.turns if turn.written] == ["small, best", "large, best"]
        await pilot.press("f6")
        await until(pilot, lambda: "— by" not in screen_text(pilot.app))
    async with ready() as pilot:
        await until(pilot, shows(pilot, "Again", "And so it ends."))
        await compare(pilot, runs_dir, "large")
        await until(pilot, lambda: screen_text(pilot.app).count("— by small, best") == 2)


def writes(pilot):
    """Say whether the focus is where one writes."""
    return lambda: pilot.app.focused is pilot.app.screen.desk.prompt


@pytest.mark.parametrize("moves", [["down"], []])
async def test_after_a_model_is_chosen_one_writes_on(ready, runs_dir, moves):
    make_run(runs_dir, "one")
    make_run(runs_dir, "other")
    async with ready() as pilot:
        select = pilot.app.screen.columns[0].query_one(Select)
        before = select.value
        await pilot.click(select)
        await until(pilot, lambda: select.expanded)
        await pilot.press(*moves, "enter")
        await until(pilot, writes(pilot))
        assert (select.value != before) is bool(moves)
        await pilot.press("f6")
        await until(pilot, lambda: pilot.app.focused is pilot.app.screen.columns[1].query_one(Select))
        await pilot.press("enter", "down", "enter")
        await until(pilot, writes(pilot))
        await pilot.press("f6")
        select.focus()
        await pilot.press("f6")
        await until(pilot, writes(pilot))
        await pilot.press(*"Ho")
        assert pilot.app.screen.desk.prompt.value == "Ho"


async def test_after_the_mode_is_changed_one_writes_on(ready):
    async with ready() as pilot:
        pilot.app.screen.query_one("#knob-seed", Input).focus()
        await pilot.press("f5")
        await until(pilot, writes(pilot))
        assert not pilot.app.screen.desk.is_play
        await pilot.click("#mode")
        await pilot.press("up", "enter")
        await until(pilot, writes(pilot))
        assert pilot.app.screen.desk.is_play


async def test_a_list_that_is_left_for_another_field_does_not_take_the_focus_back(ready):
    async with ready() as pilot:
        select = pilot.app.screen.columns[0].query_one(Select)
        await pilot.click(select)
        await until(pilot, lambda: select.expanded)
        seed = pilot.app.screen.query_one("#knob-seed", Input)
        await pilot.click(seed)
        await until(pilot, lambda: not select.expanded and pilot.app.focused is seed)
        await pilot.pause()
        assert pilot.app.focused is seed


async def test_the_seed_of_a_reply_is_not_shown_beside_another_conversation(ready):
    async with ready() as pilot:
        await say(pilot, "Ho")
        await until(pilot, lambda: re.search(r"seed \d", screen_text(pilot.app)))
        await pilot.press("f5")
        await until(pilot, shows(pilot, "reads 256 characters back"))
        assert not re.search(r"seed \d", screen_text(pilot.app))


async def test_the_sitting_is_kept_for_the_next_time(ready, runs_dir):
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "Remember me")
    assert json.loads((runs_dir / ".sitting.json").read_text())
    async with ready() as pilot:
        await until(pilot, shows(pilot, "Remember me", reply(7)))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await until(pilot, lambda: pilot.app.screen.query_one("#go").region.size)
        await pilot.click("#go")
        await until(pilot, lambda: "Remember me" not in screen_text(pilot.app))
    async with ready() as pilot:
        assert "Remember me" not in screen_text(pilot.app)


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"dialogue": 1, "turns": 2}]', "\x00"])
async def test_a_damaged_sitting_is_no_obstacle(ready, runs_dir, content):
    make_run(runs_dir, "one")
    (runs_dir / ".sitting.json").write_text(content)
    async with ready() as pilot:
        await say(pilot, "Ho")


async def test_hostile_text_is_shown_as_text(ready):
    async with ready() as pilot:
        await say(pilot, "#hostile [/] [bold [@click=app.quit]x \x1b[31m")
        await until(pilot, shows(pilot, "[/] [bold [red]x[/red] ␛[2J ␛]0;x␇", "[@click=app.quit]x ␛[31m"))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", screen_text(pilot.app))


async def test_a_megabyte_is_pasted_and_the_answer_comes(ready):
    from textual import events

    async with ready() as pilot:
        prompt = pilot.app.screen.desk.prompt
        prompt.post_message(events.Paste("word \x1b[2J\n" * 100_000))
        await until(pilot, lambda: 1_990 < len(prompt.value) <= 2_000)
        await pilot.press("enter")
        await until(
            pilot, lambda: not pilot.app.screen.replies.requests and pilot.app.screen.columns[0].conversation.turns
        )
        await until(pilot, shows(pilot, "And so it ends."))


async def test_a_long_context_is_cut_not_refused(ready):
    async with ready() as pilot:
        pilot.app.screen.columns[0].conversation.say("ROMEO", "x" * 1_000_000)
        pilot.app.screen.columns[0].show()
        await until(pilot, shows(pilot, "more characters …"))
        await say(pilot, "Ho")


async def test_an_error_of_the_model_is_shown_and_leaves_no_empty_turn(ready):
    async with ready() as pilot:
        await say(pilot, "#error", wait=False)
        await until(pilot, lambda: not pilot.app.screen.replies.requests)
        await until(pilot, shows(pilot, "nothing was written"))
        assert [turn.written for turn in pilot.app.screen.columns[0].conversation.turns] == [False]


async def test_a_worker_that_dies_in_mid_reply_can_be_started_again(ready):
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


async def test_a_worker_that_is_killed_leaves_a_usable_application(ready):
    async with ready() as pilot:
        os.kill(pilot.app.worker._client._process.pid, signal.SIGKILL)
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkerDied))
        await until(pilot, lambda: pilot.app.screen.query_one("#without").region.size)
        await pilot.click("#without")
        await until(pilot, lambda: not isinstance(pilot.app.screen, WorkerDied))
        await say(pilot, "Anybody?", wait=False)
        await until(pilot, shows(pilot, "the process that holds the model has ended"))
        pilot.app.action_start_worker()
        await pilot.press("ctrl+b")
        await say(pilot, "Somebody")
        await until(pilot, shows(pilot, "And so it ends."))


async def test_two_quick_enters_are_one_line(ready):
    async with ready() as pilot:
        prompt = pilot.app.screen.desk.prompt
        prompt.value = "Once"
        prompt.post_message(Input.Submitted(prompt, "Once"))
        prompt.post_message(Input.Submitted(prompt, "Once"))
        await until(pilot, shows(pilot, "And so it ends."))
        assert [turn.written for turn in pilot.app.screen.columns[0].conversation.turns] == [False, True]


async def test_a_knob_without_a_value_keeps_the_line(ready):
    async with ready() as pilot:
        knob(pilot, "temperature", "hot")
        await say(pilot, "Ho", wait=False)
        await until(pilot, shows(pilot, "Give it"))
        assert pilot.app.screen.desk.prompt.value == "Ho"
        assert not pilot.app.screen.columns[0].conversation.turns


async def test_pasted_line_ends_become_spaces(ready):
    from textual import events

    async with ready() as pilot:
        prompt = pilot.app.screen.desk.prompt
        prompt.post_message(events.Paste("one\rtwo\r\nthree\nfour"))
        await until(pilot, lambda: prompt.value == "one two three four")


async def test_keys_pressed_too_fast(ready):
    async with ready() as pilot:
        await pilot.press(*"Ho", "enter", "enter", "ctrl+r", "ctrl+b", "f5", "f5", "escape", "ctrl+r", "f6", "f6")
        await until(pilot, lambda: not pilot.app.screen.replies.requests)
        assert pilot.app.is_running
