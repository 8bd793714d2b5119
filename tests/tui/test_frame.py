"""The frame: where one is, every action within reach, colours, sizes, and text that stays text."""

import re
import subprocess
import sys

import pytest
from textual.command import CommandPalette
from textual.widgets import Button

from tests.tui.conftest import TESTS, make_run, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.screens.dialogs import Help

SIZES = [(40, 12), (20, 5), (1, 1), (80, 24)]  # test_resizing has the larger ones
WAYS = {
    ("f2", "t"): "preset",
    ("f3", "c"): "base model",
    ("f4", "r"): "best loss",
    ("f8", "k"): "what it reads",
    ("f10", "l"): "The mean over",
}
PLACES = ["home", "train", "chat", "runs", "look", "learn", "watch"]


async def go(pilot, place, run):
    """Show a place; give it the run that is watched."""
    if place == "watch":
        pilot.app.watch_run(RunDirectory(run))
        await until(pilot, shows(pilot, "what it writes"))
    elif place != "home":
        pilot.app.action_go(place)
    await pilot.pause()


async def only_ctrl_q_quits(pilot):
    """Press `q`, which does nothing, and quit."""
    pilot.app.screen.set_focus(None)
    await pilot.press("q", "q")
    await pilot.pause()
    assert pilot.app.is_running
    assert pilot.app._exit is False
    await pilot.press("ctrl+q")
    await until(pilot, lambda: pilot.app._exit)


async def test_the_first_screen_introduces_and_leads_everywhere(opened, runs_dir):
    """Its keys open every place and change the theme."""
    async with opened((80, 24), wait_for_worker=True) as pilot:
        await until(pilot, shows(pilot, "Train a small GPT on this machine", "Press t to train one", "ready to chat"))
        make_run(runs_dir, "one")
        for keys, text in WAYS.items():
            for key in keys:
                pilot.app.switch_mode("home")
                await pilot.pause()
                await pilot.press(key)
                await until(pilot, shows(pilot, text))
        dark = pilot.app.current_theme.dark
        await pilot.press("f9")
        assert pilot.app.current_theme.dark is not dark
        await pilot.press("f9")
        assert pilot.app.current_theme.dark is dark


@pytest.mark.parametrize("place", ["train", "chat", "runs", "look", "learn"])
async def test_a_click_opens_every_place(opened, place):
    """In every place only Ctrl-Q quits."""
    async with opened() as pilot:
        await pilot.click(f"#go-{place}")
        await until(pilot, lambda: pilot.app.current_mode == place and pilot.app.screen.query_one(f"#go-{place}"))
        assert "‹" in str(pilot.app.screen.query_one(f"#go-{place}", Button).label)
        await only_ctrl_q_quits(pilot)


async def test_the_help_lists_keys_and_how_to_close(opened):
    """It spells keys in one way, and explains the screen below it."""
    async with opened((80, 24)) as pilot:
        for place in ("f2", "f3", "f4", "f8", "f10"):
            await pilot.press(place, "f1")
            await until(pilot, lambda: isinstance(pilot.app.screen, Help))
            await until(pilot, shows(pilot, "Esc closes this"))
            keys = [key for key, _ in pilot.app.screen.keys]
            assert {"F1", "F2", "F3", "F4", "F8", "F9", "F10", "^q", "^p"} <= set(keys)
            assert not [key for key in keys if re.match(r"f\d|ctrl|super", key)]
            about = pilot.app.screen.query_one(".about")
            await pilot.press("end")
            await until(pilot, lambda about=about: about.scroll_y == about.max_scroll_y)
            await until(pilot, shows(pilot, "Quit", "Esc closes this"))
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(pilot.app.screen, Help))
        await pilot.resize_terminal(120, 40)
        await pilot.press("f4", "question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        await until(pilot, shows(pilot, "Every run in the runs folder", "Rename", "Delete", "Export"))
        await only_ctrl_q_quits(pilot)


async def test_the_palette_offers_exactly_the_enabled_actions(opened, runs_dir):
    """Choosing one performs it."""
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        app = pilot.app
        for place in PLACES:
            await go(pilot, place, run)
            named = {command.title for command in app.get_system_commands(app.screen)}
            pages = [kind for kind in type(app.screen).__mro__ if kind.__module__.startswith("tinygpt_tui")]
            declared = {(b.action, b.description) for kind in pages for b in vars(kind).get("BINDINGS", ())}
            enabled = {b.action for _, b, enabled, _ in app.screen.active_bindings.values() if enabled}
            everywhere = {
                "Start the worker again",
                "Go to train",
                "Go to chat",
                "Go to runs",
                "Go to look",
                "Go to learn",
                "Help",
                "Light or dark",
                "Quit",
            }
            assert named == everywhere | {
                words for action, words in declared if action in enabled and "focus" not in action
            }
            await pilot.press("ctrl+p")
            await until(pilot, lambda: isinstance(app.screen, CommandPalette))
            if place == "watch":
                await pilot.press(*"go to runs")
                await pilot.pause(0.5)
                await pilot.press("enter")
                await until(pilot, lambda: app.current_mode == "runs")
            else:
                await pilot.press("escape")
                await until(pilot, lambda: not isinstance(app.screen, CommandPalette))


async def test_no_size_breaks_a_screen(opened, runs_dir):
    run = make_run(runs_dir, "one")
    async with opened((200, 60)) as pilot:
        for place in PLACES:
            await go(pilot, place, run)
            for size in SIZES:
                await pilot.resize_terminal(*size)
            assert pilot.app.screen.size == (80, 24)


def test_styles_name_no_colour_of_their_own():
    root = TESTS.parent / "tui" / "tinygpt_tui"
    texts = [p.read_text("utf-8") for p in root.rglob("*") if p.suffix in (".tcss", ".py") and p.name != "themes.py"]
    styles = [rule for text in texts for rule in re.findall(r"[\w-]*(?:color|background|border)[\w-]*:[^;}]*", text)]
    assert len(styles) > 20
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgb|\b(red|green|blue|yellow|white|black|cyan|magenta|grey|gray)\b")
    assert [style for style in styles if literal.search(style)] == []


async def test_everything_is_readable_without_colour(opened, runs_dir, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        await pilot.press("f4")
        await until(pilot, shows(pilot, "F4 ‹Runs›", "finished"))
        pilot.app.watch_run(RunDirectory(run))
        await until(pilot, shows(pilot, "bigram 2.48", "what it writes at step 1,800", "F2 ‹Train›"))
        await pilot.press("f3")
        await until(pilot, shows(pilot, "F3 ‹Chat›", "base model"))
        await pilot.press("f2")
        await until(pilot, shows(pilot, "804,224 parameters"))


async def test_hostile_names_are_shown_and_nothing_more(opened, runs_dir):
    names = ["[bold", "a[@click=app.quit]b[@click]", "x\x1b]0;owned\x07", "‮txt"]
    for name in names:
        make_run(runs_dir, name)
    async with opened() as pilot:
        await pilot.press("f4")
        await until(pilot, shows(pilot, "[bold", "[@click=app.quit]"))
        for key in ("enter", "f3", "f4"):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", screen_text(pilot.app))
        assert pilot.app.is_running


def test_a_command_that_gives_no_terminal_says_so():
    result = subprocess.run(
        [sys.executable, "-m", "tinygpt_tui"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "error: this is not a terminal." in result.stderr
