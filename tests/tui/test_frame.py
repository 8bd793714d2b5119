"""The frame: where one is, every action within reach, colours, sizes, and text that stays text."""

import re
import subprocess
import sys

import pytest
from textual.command import CommandPalette
from textual.widgets import Button

from tests.tui.conftest import TESTS, make_run, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui import places
from tinygpt_tui.widgets.key_bar import KeyBar

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
        await until(pilot, shows(pilot, "finished"))
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
        await until(
            pilot, shows(pilot, "Train a small GPT on this machine", "Press a letter to begin", "ready to chat")
        )
        path = make_run(runs_dir, "one")
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
        await pilot.resize_terminal(120, 40)
        pilot.app.switch_mode("home")
        await until(pilot, shows(pilot, "your newest runs", "one · ✓ finished · best loss 1.4784"))
        await pilot.resize_terminal(80, 24)  # the smallest terminal that has room for all of it
        whole = "t Train a model", "k Look inside", "l Learn how", "your newest runs", "ready to chat"
        await until(pilot, shows(pilot, *whole))
        await pilot.resize_terminal(120, 40)
        await pilot.press("f1")
        await until(pilot, shows(pilot, *whole, "The start screen."))
        assert "PgDn more" not in screen_text(pilot.app), "all of the help is in sight"
        await pilot.press("f1")
        await pilot.resize_terminal(80, 24)
        await pilot.click("#run-0")
        await until(pilot, lambda: pilot.app.watched and pilot.app.watched.path == path)


@pytest.mark.parametrize("place", ["train", "chat", "runs", "look", "learn"])
async def test_a_click_opens_every_place(opened, place):
    """In every place only Ctrl-Q quits."""
    async with opened() as pilot:
        await pilot.click(f"#go-{place}")
        await until(pilot, lambda: pilot.app.current_mode == place and pilot.app.screen.query_one(f"#go-{place}"))
        assert "‹" in str(pilot.app.screen.query_one(f"#go-{place}", Button).label)
        await only_ctrl_q_quits(pilot)


def keys_in_help(pilot):
    """The keys that the open help lists."""
    return {key for pairs in pilot.app.screen.help_panel.keys.values() for key, _ in pairs}


async def test_the_help_stands_beside_a_usable_screen(opened, runs_dir):
    """It follows to other places, scrolls, and Esc closes it before anything else."""
    make_run(runs_dir, "one")
    async with opened() as pilot:
        app = pilot.app
        await pilot.press("f4")
        await until(pilot, lambda: app.screen.chosen)
        await pilot.press("question_mark")
        await until(pilot, shows(pilot, "Every run in the runs folder", "esc closes", "one · finished", "Delete"))
        await pilot.press("o")
        assert app.screen.table.sorted_by != "age", "its keys still work"
        for place in ("f2", "f3", "f4", "f8", "f10"):
            await pilot.press(place)
            await until(pilot, lambda: app.screen.help_panel and app.screen.help_panel.size.width)
            keys = keys_in_help(pilot)
            assert {"F1", "F2", "F3", "F4", "F8", "F9", "F10", "^q", "^p"} <= keys
            assert not [key for key in keys if re.match(r"f\d|ctrl|super", key)]
        await pilot.resize_terminal(80, 24)
        await until(pilot, shows(pilot, "PgDn more", "On this screen"))
        panel = app.screen.help_panel
        await pilot.press(*["pagedown"] * 9)
        await until(pilot, lambda: panel.scroll_y == panel.max_scroll_y)
        await pilot.press("pageup")
        assert panel.scroll_y < panel.max_scroll_y
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.help_panel is None)
        assert app.current_mode == "learn", "it has only closed the help"
        await pilot.press("f4")
        await until(pilot, lambda: app.screen.help_panel is None)


async def test_a_narrow_terminal_shows_the_help_alone(opened, runs_dir):
    """What is typed then reaches no field below it; the focus comes back afterwards."""
    make_run(runs_dir, "one")
    async with opened((40, 12)) as pilot:
        app = pilot.app
        await pilot.press("f3")
        await until(pilot, lambda: app.focused is app.screen.desk.prompt)
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.help_panel and app.screen.help_panel.size.width >= 36)
        await pilot.press("x", "tab", "x")
        assert app.screen.desk.prompt.value == ""
        await pilot.press("f4")
        await until(pilot, lambda: app.current_mode == "runs" and app.screen.help_panel and app.screen.runs)
        sorted_by = app.screen.table.sorted_by
        await pilot.press("o", "f3")
        await until(pilot, lambda: app.current_mode == "chat" and app.screen.help_panel)
        assert app._screen_stacks["runs"][-1].table.sorted_by == sorted_by, "no key acts on what nobody sees"
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: app.focused is app.screen.desk.prompt)
        assert app.screen.has_class("-narrow"), "beside the help there is room for a narrow screen"
        await pilot.press("x", "f1")
        await until(pilot, lambda: app.screen.help_panel is None)
        assert app.screen.desk.prompt.value == "x"
        await until(pilot, lambda: app.screen.has_class("-wide"))
        await only_ctrl_q_quits(pilot)


@pytest.mark.parametrize("size", [(40, 12), (120, 40)])
async def test_closing_the_help_leaves_a_screen_as_it_was(opened, runs_dir, size):
    run = make_run(runs_dir, "one")
    async with opened(size, wait_for_worker=True) as pilot:
        for place in PLACES:
            await go(pilot, place, run)
            if place == "look":
                await until(pilot, lambda: pilot.app.screen.gaze)
                await pilot.press("a")
            await until(pilot, lambda: pilot.app.screen.query("KeyBar FooterKey"))
            await pilot.pause(1.0)
            shown = {widget.id for widget in pilot.app.screen.query("*") if widget.id and widget.region}
            await pilot.press("f1")
            await until(pilot, lambda: pilot.app.screen.help_panel)
            await pilot.pause(0.3)
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen.help_panel is None)
            await until(
                pilot,
                lambda shown=shown: (
                    shown == {widget.id for widget in pilot.app.screen.query("*") if widget.id and widget.region}
                ),
            )


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_the_footer_has_whole_keys_and_help(opened, runs_dir, width):
    run = make_run(runs_dir, "one")
    async with opened((width, 12)) as pilot:
        for place in PLACES:
            await go(pilot, place, run)
            await until(pilot, lambda: pilot.app.screen.query("KeyBar FooterKey"))

            def is_whole():
                bar = pilot.app.screen.query_one(KeyBar)
                keys = [key for key in bar.query("FooterKey") if key.display]
                line = screen_text(pilot.app).splitlines()[-1]
                words = [f"{key.key_display} {key.description}" for key in keys]
                assert all(text in line and not line.partition(text)[2][:2].strip() for text in words)
                assert all(place.key.upper() in screen_text(pilot.app).splitlines()[0] for place in places.PLACES)
                return "F1 Help" in line

            await until(pilot, is_whole)
            if place == "chat" and width == 80:
                fields, seed = pilot.app.screen.query_one("#fields"), pilot.app.screen.query_one("#knob-seed")
                await until(pilot, lambda fields=fields, seed=seed: seed.region in fields.content_region)


async def test_the_palette_offers_exactly_the_enabled_actions(opened, runs_dir):
    """Choosing one performs it."""
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        app = pilot.app
        for place in PLACES:
            await go(pilot, place, run)
            titles = [command.title for command in app.get_system_commands(app.screen)]
            assert len(titles) == len(named := set(titles)), "an action with two keys is one command"
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
