"""Every screen and dialog looks as before once the terminal has its old size again, wherever one has been meanwhile."""

import difflib
import os
import time
from pathlib import Path

import pytest
from textual.app import App
from textual.containers import VerticalScroll

from tests.tui import test_pictures as pictures
from tests.tui.conftest import TRAINER, WORKER, make_run, recorded, screen_text, shows, until
from tinygpt_tui.app import TinyGPTApp
from tinygpt_tui.runs.history import Sample
from tinygpt_tui.widgets.sample_view import SampleView

DARK, LIGHT, LARGE, SMALL = (80, 24), (120, 40), (200, 60), (20, 5)
STEADY_LOOKS = 4

pytestmark = [pytest.mark.usefixtures("old_runs"), pytest.mark.slow]


@pytest.fixture
def old_runs(tmp_path, monkeypatch):
    """Two runs of long ago, for their age stays the same while one looks at it."""
    monkeypatch.chdir(tmp_path)
    for days, (name, events) in enumerate({"verse": None, "started": recorded()[:40]}.items(), 100):
        then = time.time() - 86400 * days
        os.utime(make_run(Path("runs"), name, events) / "events.jsonl", (then, then))


async def show_comparison(pilot):
    await pictures.show_chat(pilot)
    await pilot.press("f6")


async def show_help(pilot):
    await pilot.press("f3", "f1")
    await until(pilot, shows(pilot, "esc closes"))


SHOWN = {
    LIGHT: [pictures.show_train, pictures.show_watch, pictures.show_learn, show_comparison, show_help],
    DARK: [pictures.show_runs, pictures.show_look, pictures.show_watch, pictures.show_why, pictures.show_learn],
}


def picture(pilot):
    """What is painted, with its styles."""
    return [strip.simplify() for strip in pilot.app.screen._compositor.render_strips()]


async def steady_picture(pilot):
    """The picture once nothing changes any more."""
    seen = []

    def is_steady():
        seen.append(picture(pilot))
        whole = "^p" in screen_text(pilot.app).splitlines()[-1] or pilot.app.screen.is_modal
        return whole and len(seen) >= STEADY_LOOKS and all(look == seen[-1] for look in seen[-STEADY_LOOKS:])

    await until(pilot, is_steady)
    return seen[-1]


async def looks_like(pilot, before):
    """Wait for a picture, and say what is different where it does not come."""
    try:
        await until(pilot, lambda: picture(pilot) == before)
    except BaseException:
        lines = ["".join(segment.text for segment in strip) for strip in before]
        print("\n".join(difflib.unified_diff(lines, screen_text(pilot.app).splitlines(), "before", "now", n=0)))
        raise


async def resize(pilot):
    """Go through other sizes."""
    for size in (LIGHT if pilot.app.size == DARK else DARK, LARGE, SMALL):
        await pilot.resize_terminal(*size)


async def go_elsewhere(pilot):
    """Hide the screen, and have another size and other colours meanwhile."""
    here = pilot.app.current_mode
    pilot.app.action_go("runs" if here != "runs" else "train")
    await pilot.resize_terminal(*LARGE)
    await pilot.press("f9")
    pilot.app.switch_mode(here)
    await pilot.press("f9")


async def text_after(pilot, size):
    """What the screen shows at a size, once nothing changes any more."""
    await pilot.resize_terminal(*size)
    await steady_picture(pilot)
    return screen_text(pilot.app)


async def test_a_resized_screen_equals_a_newly_opened_one():
    shown = {}
    for first, then in ((DARK, LIGHT), (LIGHT, DARK)):
        app = TinyGPTApp(Path("runs"), worker=WORKER, trainer=TRAINER, keeps_sitting=False)
        async with app.run_test(size=first) as pilot:
            for show in (pictures.show_home, pictures.show_runs, pictures.show_train, pictures.show_watch):
                await show(pilot)
                app.screen.set_focus(None)
                for size in (first, then):
                    text = await text_after(pilot, size)
                    assert shown.setdefault((show, size), text) == text, f"{show.__name__} at {size}"
                await pilot.resize_terminal(*first)


@pytest.mark.parametrize("size", SHOWN)
async def test_every_screen_survives_other_sizes_and_colours(size):
    app = TinyGPTApp(Path("runs"), worker=WORKER, trainer=TRAINER, keeps_sitting=False)
    async with app.run_test(size=size) as pilot:
        if size == LIGHT:
            app.action_toggle_light()
        for show in SHOWN[size]:
            await show(pilot)
            is_place = not app.screen.is_modal
            if is_place:
                app.screen.set_focus(None)
            before = await steady_picture(pilot)
            for change in (resize, go_elsewhere) if is_place else (resize,):
                await change(pilot)
                await pilot.resize_terminal(*size)
                if is_place:
                    app.screen.set_focus(None)
                await looks_like(pilot, before)


async def test_a_short_sample_needs_no_scroll_bar():
    """A long, wrapped one before it leaves no scroll bar behind."""

    class Samples(App):
        def compose(self):
            yield SampleView()

    async with Samples().run_test(size=(80, 12)) as pilot:
        view = pilot.app.query_one(SampleView)
        scroll = view.query_one(VerticalScroll)
        view.show([Sample(0, "", "short"), Sample(1, "", "word " * 80)])
        await pilot.resize_terminal(30, 12)
        await until(pilot, lambda: scroll.max_scroll_y > 0)
        view.step(-1)
        await until(pilot, lambda: scroll.max_scroll_y == 0)
