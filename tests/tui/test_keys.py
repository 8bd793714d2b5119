"""Keys: Esc leads back from everywhere, and none means two things on one screen."""

from collections import defaultdict

import pytest
from textual.widgets import Button, Input, Select

from tests.tui.chatting import say
from tests.tui.conftest import make_run, until
from tests.tui.test_frame import PLACES, go
from tinygpt_tui.screens.page import Page
from tinygpt_tui.screens.watch import WatchScreen
from tinygpt_tui.screens.why import WhyScreen
from tinygpt_tui.widgets.loss_plot import LossPlot

FIELDS = Input, Select, Button  # where one types, or that are pressed
# What the widget does with its key is what the screen does; Esc closes an open list, as it ends all that is under way.
SAME = {("RunTable", "enter"), ("SelectOverlay", "escape")}
LAYERS = 3  # Esc is pressed at most so often: it leaves the help, a field, and the place


async def back(pilot, condition):
    """Press Esc until something holds, without leaving the program."""
    for _ in range(LAYERS):
        if condition():
            return
        await pilot.press("escape")
        await pilot.pause(0.2)
        assert pilot.app.is_running
        assert not pilot.app._exit
    await until(pilot, condition)


@pytest.mark.slow
async def test_escape_leads_back_from_every_place(opened, runs_dir):
    """It goes to the place that one came from, and from the first screen nowhere."""
    make_run(runs_dir, "one")
    async with opened(wait_for_worker=True) as pilot:
        app = pilot.app
        await pilot.press("escape", "escape")
        assert (app.current_mode, app.is_running) == ("home", True)
        for start in ("home", "runs", "learn"):
            for place in ("chat", "runs", "look", "learn"):
                if place == start:
                    continue
                if start != "home":
                    app.action_go(start)
                await until(pilot, lambda start=start: app.current_mode == start)
                app.action_go(place)
                await until(pilot, lambda place=place: app.current_mode == place and app.screen.query("KeyBar"))
                await pilot.press("f1")
                await until(pilot, lambda: app.screen.help_panel)
                await pilot.press("escape")
                await until(pilot, lambda: app.screen.help_panel is None)
                assert app.current_mode == place, "Esc has only closed the help"
                await back(pilot, lambda start=start: app.current_mode == start)
                await back(pilot, lambda: app.current_mode == "home")


@pytest.mark.slow
async def test_escape_leads_back_from_what_a_run_opens(opened, runs_dir):
    """A chat with a run leads back to the table, an explanation back to the chat; no run is a trap."""
    make_run(runs_dir, "one")
    async with opened(wait_for_worker=True) as pilot:
        app = pilot.app
        await pilot.press("f4")
        await until(pilot, lambda: app.screen.chosen)
        await pilot.press("c")
        await until(pilot, lambda: app.current_mode == "chat" and app.screen.columns[0].tokenizer)
        await say(pilot, "Ho")
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen))
        await back(pilot, lambda: not isinstance(app.screen, WhyScreen))
        assert app.current_mode == "chat"
        await back(pilot, lambda: app.current_mode == "runs")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen))
        await back(pilot, lambda: not isinstance(app.screen, WatchScreen))


async def test_no_key_means_two_things_on_a_screen(opened, runs_dir):
    run = make_run(runs_dir, "one")
    async with opened() as pilot:
        app = pilot.app
        for place in PLACES:
            await go(pilot, place, run)
            screen = app.screen
            if isinstance(screen, WatchScreen):
                await until(pilot, lambda: app.screen.query_one(LossPlot).focusable and app.screen.history.evaluations)
            meanings = defaultdict(set)
            for node in (screen, app):
                for key, bindings in node._bindings.key_to_bindings.items():
                    # The help's keys act only while it is open, before all others.
                    named = {b.action for b in bindings if "help" not in b.action or b.action == "help"}
                    named = {action for action in named if not action.startswith("unable")}  # only says why
                    # Watch's two names of one action: it resumes a run, whether that has finished or not.
                    meanings[key] |= {"resume" if action == "further" else action for action in named}
            for widget in screen.query("*"):
                if widget.focusable and not isinstance(widget, FIELDS):
                    for key, bindings in widget._bindings.key_to_bindings.items():
                        if (type(widget).__name__, key) not in SAME and meanings.get(key):
                            meanings[key] |= {binding.action for binding in bindings}
            assert {key: actions for key, actions in meanings.items() if len(actions) > 1} == {}, place
            assert not any(button.focusable for button in screen.query("Navigation Button")), "Enter is the screen's"
            assert isinstance(screen, Page)
            places = {key: app._bindings.key_to_bindings[key] for key in ("f2", "f3", "f4", "f8", "f10", "f1", "f9")}
            assert not set(places) & set(type(screen)._merged_bindings.key_to_bindings), "places keep their keys"
