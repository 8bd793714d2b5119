"""What a chat begins with, the key of the model picker, and where Esc leads."""

import dataclasses

import pytest

from tests.tui.chat.test_manner import NOVEL, PLAY
from tests.tui.chatting import say
from tests.tui.conftest import make_run, shows, until
from tinygpt_keras.config import CorpusInfo
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.widgets.picker import Picker


@pytest.fixture
def two_texts(runs_dir):
    """A run of a novel, and one of a play."""
    for name, text in (("a-novel", NOVEL), ("a-play", PLAY)):
        path = make_run(runs_dir, name)
        config = dataclasses.replace(RunDirectory(path).config(), corpus=CorpusInfo(f"{name}.txt"))
        (path / "config.json").write_text(config.to_json())
        (path / "corpus.txt").write_text(text * 50)
    return runs_dir


async def choose(pilot, path):
    """Choose a run's model."""
    pilot.app.chat_with(Choice(str(path)))
    column = pilot.app.screen.columns[0]
    await until(pilot, lambda: column.choice == Choice(str(path)) and column.tokenizer)


async def test_the_mode_suits_the_text_until_chosen(opened, two_texts):
    """A conversation that has begun, and a person's choice, are kept."""
    async with opened() as pilot:
        await pilot.press("f3")
        screen = pilot.app.screen
        await choose(pilot, two_texts / "a-novel")
        await until(pilot, lambda: not screen.desk.is_play)
        await until(pilot, shows(pilot, "^t a play", "it continues a text", "goes on with any text that you type"))
        await choose(pilot, two_texts / "a-play")
        await until(pilot, lambda: screen.desk.is_play)
        await until(pilot, shows(pilot, "^t free continuation", "it continues a play", "as one character of a play"))
        await say(pilot, "Ho")
        await choose(pilot, two_texts / "a-novel")
        await until(pilot, lambda: not screen.is_working("manner"))
        assert screen.desk.is_play, "it has begun"
        await until(pilot, shows(pilot, "Ho"))
    (two_texts / ".sitting.json").unlink()
    async with opened() as pilot:
        await pilot.press("f3")
        screen = pilot.app.screen
        await choose(pilot, two_texts / "a-play")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: screen.has_chosen_mode)
        await choose(pilot, two_texts / "a-novel")
        await choose(pilot, two_texts / "a-play")
        await until(pilot, lambda: not screen.is_working("manner"))
        assert not screen.desk.is_play, "it was chosen"


async def test_a_key_opens_the_models_and_escape_leads_back(ready):
    """Esc stops a reply, and otherwise goes back from every field; the line is there again afterwards."""
    async with ready() as pilot:
        app, screen = pilot.app, pilot.app.screen
        first, second = (column.query_one(Picker) for column in screen.columns)
        await until(pilot, shows(pilot, "F5 others", "one, best · a base model: it continues a play"))
        await pilot.press("f5")
        await until(pilot, lambda: first.expanded)
        await pilot.press("escape")
        await until(pilot, lambda: not first.expanded and app.focused is screen.desk.prompt)
        await pilot.press("f6", "f5")
        await until(pilot, lambda: first.expanded or second.expanded)
        before = first.expanded
        await pilot.press("f5")
        await until(pilot, lambda: first.expanded != before and second.expanded == before)
        await pilot.press("escape", "f6")
        await until(pilot, lambda: app.focused is screen.desk.prompt)

        await say(pilot, "#slow", wait=False)
        await until(pilot, lambda: screen.replies.open)
        await pilot.press("escape")
        await until(pilot, lambda: not screen.replies.open)
        await pilot.press(*"I had")
        for field in (screen.desk.prompt, screen.query_one("#knob-seed")):
            field.focus()
            await pilot.press("escape")
            await until(pilot, lambda: app.current_mode == "home")
            await pilot.press("f3")
        screen.desk.prompt.focus()
        await pilot.press(*"rather")
        await until(pilot, lambda: screen.desk.prompt.value == "I hadrather")
