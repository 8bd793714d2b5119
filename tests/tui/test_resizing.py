"""Every screen and dialog looks as before once the terminal has its old size again, wherever one has been meanwhile."""

import difflib
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui import test_pictures as pictures
from tests.tui.conftest import TRAINER, WORKER, make_run, recorded, screen_text, shows, until
from tinygpt_tui.app import TinyGPTApp

WALK = [(120, 40), (80, 24), (20, 5)]
FURTHER = 200, 60
STEADY_LOOKS = 6


async def show_comparison(pilot):
    await pictures.show_chat(pilot)
    await pilot.press("f6")


async def show_help(pilot):
    await pilot.press("f3", "f1")
    await until(pilot, shows(pilot, "Esc closes this"))


async def show_new_name(pilot):
    await pictures.show_runs(pilot)
    await pilot.press("m")
    await until(pilot, shows(pilot, "A new name for"))
    pilot.app.screen.query_one(Input).cursor_blink = False


DARK, LIGHT = (80, 24), (120, 40)
DIALOGS = [(show_help, LIGHT), (show_new_name, DARK)]
PLACES = [
    (pictures.show_home, DARK),
    (pictures.show_train, LIGHT),
    (pictures.show_watch, DARK),
    (pictures.show_watch, LIGHT),
    (show_comparison, LIGHT),
    (pictures.show_why, DARK),
    (pictures.show_runs, DARK),
]


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
    for size in WALK:
        await pilot.resize_terminal(*size)


async def go_elsewhere(pilot):
    """Hide the screen, and have another size and other colours meanwhile."""
    here = pilot.app.current_mode
    pilot.app.action_go("runs" if here != "runs" else "train")
    await pilot.resize_terminal(*FURTHER)
    await pilot.press("f9")
    pilot.app.switch_mode(here)
    await pilot.press("f9")


@pytest.mark.parametrize(("show", "size"), [*PLACES, *DIALOGS], ids=lambda value: getattr(value, "__name__", None))
async def test_every_screen_survives_other_sizes_and_colours(tmp_path, monkeypatch, show, size):
    monkeypatch.chdir(tmp_path)
    make_run(Path("runs"), "started", recorded()[:40])
    make_run(Path("runs"), "verse")
    is_place = (show, size) in PLACES
    app = TinyGPTApp(Path("runs"), worker=WORKER, trainer=TRAINER, keeps_sitting=False)
    async with app.run_test(size=size) as pilot:
        if size == LIGHT:
            app.action_toggle_light()
        await show(pilot)
        if is_place:
            app.screen.set_focus(None)
        before = await steady_picture(pilot)
        for change in (resize, go_elsewhere) if is_place else (resize,):
            await change(pilot)
            await pilot.resize_terminal(*size)
            if is_place:
                app.screen.set_focus(None)
            await looks_like(pilot, before)
