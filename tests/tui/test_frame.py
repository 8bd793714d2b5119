"""The frame: where one is, every action within reach, colours, sizes, and text that stays text."""

import re
import subprocess
import sys

import pytest
from textual.command import CommandPalette
from textual.widgets import Button

from tests.tui.conftest import make_run, screen_text, shows, until
from tinygpt_tui.screens.dialogs import Help

SIZES = [(80, 24), (120, 40), (40, 12), (20, 5), (200, 60), (1, 1), (80, 24)]
PLACES = {"f2": "preset", "f3": "base model", "f4": "best loss"}


async def test_the_first_screen_says_what_this_is_and_what_to_press(opened):
    async with opened((80, 24), wait_for_worker=True) as pilot:
        await until(pilot, shows(pilot, "Train a small GPT on this machine", "Press t to train one", "ready to chat"))


@pytest.mark.parametrize(("key", "text"), [*PLACES.items(), ("t", "preset"), ("c", "base model"), ("r", "best loss")])
async def test_a_key_leads_to_every_place(opened, runs_dir, key, text):
    make_run(runs_dir, "one")
    async with opened((80, 24)) as pilot:
        await pilot.press(key)
        await until(pilot, shows(pilot, text))


@pytest.mark.parametrize("place", ["train", "chat", "runs"])
async def test_a_click_leads_to_every_place(opened, place):
    async with opened() as pilot:
        await pilot.click(f"#go-{place}")
        await until(pilot, lambda: pilot.app.current_mode == place and pilot.app.screen.query_one(f"#go-{place}"))
        assert "‹" in str(pilot.app.screen.query_one(f"#go-{place}", Button).label)


async def test_help_explains_the_screen_and_lists_its_keys(opened):
    async with opened() as pilot:
        await pilot.press("f4", "question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        assert shows(pilot, "Every run in the runs folder", "Rename", "Delete", "Export")()
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Help))


@pytest.mark.parametrize("place", ["home", "train", "chat", "runs", "watch"])
async def test_the_palette_reaches_every_action(opened, runs_dir, place):
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        app = pilot.app
        if place == "watch":
            app.watch_run(app_run(run))
            await until(pilot, shows(pilot, "what it writes"))
        elif place != "home":
            app.action_go(place)
        await pilot.pause()
        named = {command.title for command in app.get_system_commands(app.screen)}
        pages = [kind for kind in type(app.screen).__mro__ if kind.__module__.startswith("tinygpt_tui")]
        declared = {(b.action, b.description) for kind in pages for b in vars(kind).get("BINDINGS", ())}
        enabled = {b.action for _, b, enabled, _ in app.screen.active_bindings.values() if enabled}
        everywhere = {
            "Start the worker again",
            "Go to train",
            "Go to chat",
            "Go to runs",
            "Help",
            "Light or dark",
            "Quit",
        }
        assert named == everywhere | {
            words for action, words in declared if action in enabled and "focus" not in action
        }
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))


def app_run(path):
    from tinygpt_keras.runs.directory import RunDirectory

    return RunDirectory(path)


async def test_the_palette_does_what_it_says(opened):
    async with opened() as pilot:
        await pilot.press("ctrl+p", *"go to runs")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.current_mode == "runs")


async def test_light_and_dark(opened):
    async with opened() as pilot:
        dark = pilot.app.current_theme.dark
        await pilot.press("f9")
        assert pilot.app.current_theme.dark is not dark
        await pilot.press("f9")
        assert pilot.app.current_theme.dark is dark


@pytest.mark.parametrize("place", ["home", "train", "chat", "runs", "watch"])
async def test_no_size_breaks_a_screen(opened, runs_dir, place):
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        if place == "watch":
            pilot.app.watch_run(app_run(run))
        elif place != "home":
            pilot.app.action_go(place)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert pilot.app.screen.size == (80, 24)


def test_styles_name_no_colour_of_their_own():
    from tests.tui.conftest import TESTS

    root = TESTS.parent / "tui" / "tinygpt_tui"
    texts = [p.read_text("utf-8") for p in root.rglob("*") if p.suffix in (".tcss", ".py") and p.name != "themes.py"]
    styles = [rule for text in texts for rule in re.findall(r"[\w-]*(?:color|background|border)[\w-]*:[^;}]*", text)]
    assert len(styles) > 20
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgb|\b(red|green|blue|yellow|white|black|cyan|magenta|grey|gray)\b")
    assert [style for style in styles if literal.search(style)] == []


@pytest.mark.parametrize("value", ["1", ""])
async def test_everything_is_readable_without_colour(opened, runs_dir, monkeypatch, value):
    monkeypatch.setenv("NO_COLOR", value)
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        await pilot.press("f4")
        await until(pilot, shows(pilot, "F4 ‹Runs›", "finished"))
        pilot.app.watch_run(app_run(run))
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


@pytest.mark.parametrize("place", ["f1", "f2", "f3", "f4"])
async def test_only_ctrl_q_quits(opened, place):
    async with opened() as pilot:
        await pilot.press(place)
        pilot.app.screen.set_focus(None)
        await pilot.press("q", "q")
        await pilot.pause()
        assert pilot.app.is_running
        assert pilot.app._exit is False
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app._exit)


@pytest.mark.parametrize("place", ["f2", "f3", "f4"])
async def test_the_help_names_keys_one_way_and_always_how_to_close_it(opened, place):
    async with opened((80, 24)) as pilot:
        await pilot.press(place, "f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        await until(pilot, shows(pilot, "Esc closes this"))
        keys = [key for key, _ in pilot.app.screen.keys]
        assert {"F1", "F2", "F3", "F4", "F9", "^q", "^p"} <= set(keys)
        assert not [key for key in keys if re.match(r"f\d|ctrl|super", key)]
        about = pilot.app.screen.query_one(".about")
        await pilot.press("end")
        await until(pilot, lambda: about.scroll_y == about.max_scroll_y)
        await until(pilot, shows(pilot, "Quit", "Esc closes this"))
