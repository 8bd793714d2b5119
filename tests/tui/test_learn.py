"""Learn: the tour of attention on a sentence that the reader types."""

import re

import numpy as np
import pytest

from tests.tui.conftest import screen_text, shows, until
from tests.tui.learning import computed, learn, sentence, walk_to
from tinygpt_keras.tour import ORDER, read_steps
from tinygpt_keras.worker.protocol import Tour
from tinygpt_tui.learn.terms import TERMS
from tinygpt_tui.screens.chat import ChatScreen
from tinygpt_tui.screens.home import HomeScreen
from tinygpt_tui.screens.learn import LearnScreen
from tinygpt_tui.screens.look import LookScreen
from tinygpt_tui.screens.runs import RunsScreen
from tinygpt_tui.text import encodable

STEPS = read_steps()
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
ODD = [
    "",
    "x",
    " ",
    "\x00\x1b]0;owned\x07\r\b",
    "x" * 30_000,
    "👩\u200d👩\u200d👧 é\u0302 🇩🇪",
    "\ud800\udfff",
    "[/] [bold [@click=app.quit]x",
    "日本\u202e",
]
SIZES = [(40, 12), (80, 24), (120, 40), (200, 60)]


def shown_words(pilot):
    """The words of the screen, however its lines are broken."""
    return " ".join(screen_text(pilot.app).split())


async def test_the_walk_leads_from_start_to_a_trained_model(opened):
    """Every step shows its title, its numbers and what they mean; the last one leads on."""
    async with opened((120, 40)) as pilot:
        screen = await learn(pilot)
        for number, name in enumerate(ORDER, 1):
            await until(pilot, shows(pilot, f"{number} of 9  {STEPS[name].title}", "Greatest difference"))
            station = screen.found.toured.stations[name]
            await until(pilot, shows(pilot, station.before.title, station.after.title, "the code"))
            offered = number < 9, number > 1  # the footer makes its keys a moment later
            await until(
                pilot, lambda o=offered: tuple(key in screen_text(pilot.app) for key in ("Next", "Before")) == o
            )
            await pilot.press("right")
        await until(pilot, shows(pilot, "9 of 9", "Go on to a trained model (g)"))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen))
        await until(pilot, shows(pilot, "the pretrained model", "what it reads", "But soft"))
        await pilot.press("escape")
        await until(pilot, shows(pilot, "9 of 9"))
        await pilot.click("#go-on")
        await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_text_tables_and_code_are_within_reach_at_every_size(opened, size):
    async with opened(size) as pilot:
        screen = await learn(pilot)
        body = screen.query_one("#body")
        for step, name in enumerate(ORDER, 1):
            await walk_to(pilot, step)
            seen = shown_words(pilot)
            while body.scroll_y < body.max_scroll_y:
                await pilot.press("pagedown")
                await pilot.pause()
                seen += shown_words(pilot)
            station = screen.found.toured.stations[name]
            for table in (station.before, station.after, *station.further):
                assert table.title in seen
            assert "Greatest difference" in seen
            assert f"def {name}" in seen
            assert all(f"{term}: " in seen for term in TERMS[name])
            assert body.max_scroll_x == 0


async def test_numbers_follow_the_sentence_as_it_is_typed(opened, asked):
    """In the field letters are letters; Enter leaves it, and then they are keys again."""
    async with opened() as pilot:
        screen = await learn(pilot)
        assert asked == [Tour(sentence="But soft")]
        await pilot.press("e", *"seen")
        await computed(pilot)
        assert asked[-1] == Tour(sentence="seen")
        assert (screen.scaled, screen.place) == (True, 0)
        await pilot.press("left", "left", "backspace")
        await computed(pilot)
        assert asked[-1] == Tour(sentence="sen")
        await pilot.press("enter", "right", "right", "right", "right", "s")
        assert (screen.scaled, screen.place, screen.sentence) == (False, 4, "sen")
        await pilot.press("e", "end", *"s a summer's day in the south", "enter")
        await until(
            pilot, shows(pilot, " sens a summer's day in the ", "24 of 32 characters: “sens a summer's day in t”")
        )
        await computed(pilot)
        assert asked[-1] == Tour(sentence="sens a summer's day in t")
        await pilot.press("e", "end", "ctrl+u", "escape")
        await computed(pilot)
        assert asked[-1] == Tour(sentence="But soft")
        assert pilot.app.screen is screen


async def test_s_switches_scaling_where_scores_are_divided(opened):
    async with opened() as pilot:
        screen = await learn(pilot)
        for step in range(1, 10):
            await walk_to(pilot, step)
            before = screen_text(pilot.app)
            assert ("s Scaling" in before) is (step >= 5)
            await pilot.press("s")
            if step < 5:
                assert screen.scaled
                continue
            await until(pilot, shows(pilot, "The code's division is left out now."))
            await pilot.press("s")
            await until(pilot, lambda before=before: screen_text(pilot.app) == before)
        await walk_to(pilot, 5)
        await pilot.press("s")
        await until(pilot, shows(pilot, "The two are the same."))


async def test_two_forms_that_are_the_same_are_said_to_be(opened):
    async with opened() as pilot:
        await learn(pilot)
        await until(pilot, shows(pilot, "The step changes the result"))
        await walk_to(pilot, 2)
        await until(pilot, shows(pilot, "two tables: 0.00000006. That is rounding: the two are the same."))


async def test_escape_leads_back_to_where_one_came_from(opened):
    """First it leaves the field."""
    async with opened() as pilot:
        for key, kind in (("f4", RunsScreen), ("f3", ChatScreen)):
            await pilot.press(key, "f10")
            await until(pilot, lambda: isinstance(pilot.app.screen, LearnScreen))
            await pilot.press("e", "escape", "f10")
            assert isinstance(pilot.app.screen, LearnScreen)
            await pilot.press("escape")
            await until(pilot, lambda kind=kind: isinstance(pilot.app.screen, kind))
        pilot.app.action_go("learn")
        pilot.app.action_go("chat")
        pilot.app.action_go("learn")
        await pilot.press("escape", "f4")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
        pilot.app.switch_mode("learn")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))


async def test_keys_pressed_fast_end_at_the_last(opened):
    async with opened() as pilot:
        screen = await learn(pilot)
        await pilot.press(
            *["right"] * 30, *["left"] * 4, "s", "s", "s", *["down", "up"] * 10, "e", *"quick, now", "enter"
        )
        await computed(pilot)
        assert (screen.place, screen.scaled, screen.found.sentence) == (4, False, "quick, now")
        await until(pilot, shows(pilot, "5 of 9", "not divided", "q"))
        await pilot.press(*["left"] * 30, "right")
        await until(pilot, shows(pilot, "2 of 9"))


async def test_every_number_is_readable_without_colour(opened, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened((80, 24)) as pilot:
        await learn(pilot)
        await until(pilot, shows(pilot, "F10 ‹Learn›", "1 of 9", "-0.2"))
        await walk_to(pilot, 3)
        await until(pilot, shows(pilot, "100", "50  50", "in %"))


async def test_any_sentence_is_shown_harmlessly(opened):
    async with opened((80, 24)) as pilot:
        screen = await learn(pilot)
        for text in ODD:
            await sentence(pilot, text)
            assert screen.found.sentence == (encodable(text[-2000:][:24]) or "But soft")
            for place in (0, 3, 5, 6, 8):
                screen.place = place
                screen.show_step()
                await pilot.pause()
                shown = screen_text(pilot.app)
                assert "Greatest difference" in shown or len(text) > 8
                assert not CONTROLS.search(shown)
                shown.encode()
        assert pilot.app.is_running


@pytest.mark.slow
async def test_the_package_s_own_worker_takes_the_whole_walk(opened):
    """Its means are those of the numbers shown beside them, and its weights are shares."""
    async with opened(worker=None) as pilot:
        screen = await learn(pilot)
        await sentence(pilot, "To be")
        stations = screen.found.toured.stations
        held = np.array(stations["mean_by_loop"].before.rows)
        means = np.cumsum(held, axis=0) / np.arange(1, 6)[:, None]
        np.testing.assert_allclose(stations["mean_by_loop"].after.rows, means, atol=1e-3)
        for step, name in enumerate(ORDER, 1):
            await walk_to(pilot, step)
            await until(pilot, shows(pilot, stations[name].before.title, stations[name].after.title))
            for table in (stations[name].before, stations[name].after):
                if table.kind == "weights":
                    np.testing.assert_allclose(np.sum(table.rows, axis=1), 1, atol=5e-3)
        await walk_to(pilot, 1)
        await until(pilot, shows(pilot, " ".join(f"{value:.1f}" for value in means[0]).split()[0]))
