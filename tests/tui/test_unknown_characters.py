"""What a model has never seen is struck out wherever it stands, and named, also when the model is opened only later."""

import json

from tests.tui.chatting import knob, say, spoken, two_models
from tests.tui.conftest import make_run, shows, until
from tests.tui.test_chat_faults import lose_worker

NEVER_SEEN = "left out, as the model has never seen them: "


def struck(pilot):
    """The characters that are struck out on the screen, from top to bottom."""
    strips = pilot.app.screen._compositor.render_strips()
    return "".join(part.text for strip in strips for part in strip if part.style and part.style.strike)


def only_knows(path, characters):
    (path / "vocab.json").write_text(json.dumps(sorted(set(characters))))


async def test_opening_a_model_checks_earlier_text(opened, runs_dir, monkeypatch):
    """It strikes out unknown characters in the prompt and in earlier turns."""
    make_run(runs_dir, "one")
    monkeypatch.setenv("SCRIPTED_START_S", "1000")
    async with opened() as pilot:
        await pilot.press("f3")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.columns[0].facts == "opening…")
        await say(pilot, "But 中 soft", wait=False)
        await pilot.press(*"aé你b")
        await until(pilot, shows(pilot, "But 中 soft", "aé你b"))
        assert struck(pilot) == ""
        await lose_worker(pilot)
        monkeypatch.setenv("SCRIPTED_START_S", "0")
        pilot.app.action_start_worker()
        await until(pilot, shows(pilot, f"{NEVER_SEEN}你"))
        await until(pilot, lambda: struck(pilot) == "中你")


async def test_what_was_left_out_is_told_with_the_reply(ready):
    async with ready() as pilot:
        knob(pilot, "seed", 7)
        await say(pilot, "Ho 你[x")
        await until(pilot, shows(pilot, f"seed 7; {NEVER_SEEN}你 ["))
        assert struck(pilot) == "你["
        await pilot.press("ctrl+t")
        await say(pilot, "Ho")
        await until(pilot, shows(pilot, "seed 7"))
        assert struck(pilot) == ""


async def test_names_are_read_by_the_model_too(ready):
    async with ready() as pilot:
        screen = pilot.app.screen
        screen.query_one("#speaker").value = "李"
        await until(pilot, shows(pilot, f"{NEVER_SEEN}李"))
        await until(pilot, lambda: struck(pilot) == "李")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: struck(pilot) == "" and not shows(pilot, NEVER_SEEN)())


async def test_each_model_is_given_what_it_knows(ready, runs_dir):
    only_knows(make_run(runs_dir, "greek"), "ROMEO:JULIET\n αβγ")
    only_knows(make_run(runs_dir, "latin"), "ROMEO:JULIET\n abc")
    async with two_models(ready, runs_dir, "greek", "latin") as pilot:
        spoken(pilot, "abα", "αβ", column=0)
        spoken(pilot, "abα", "ab", column=1)
        await until(pilot, lambda: struck(pilot) == "abα")
        pilot.app.screen.desk.prompt.value = "aα"
        await until(pilot, shows(pilot, f"{NEVER_SEEN}a α"))
        await pilot.press("f6")
        await until(pilot, lambda: struck(pilot) == "aba" and not shows(pilot, "a α")())
