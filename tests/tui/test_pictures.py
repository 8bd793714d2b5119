"""Pictures of every screen, each looked at by eye: what is drawn stays as it was until somebody means to change it.

`pytest tests/tui/test_pictures.py --snapshot-update` draws them anew.
"""

import re
from pathlib import Path

import pytest
from syrupy.extensions.image import SVGImageSnapshotExtension
from textual.widgets import Input

from tests.tui.conftest import TRAINER, WORKER, make_run, recorded, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.app import TinyGPTApp

pytestmark = pytest.mark.slow

STEADY_LOOKS = 6
SIZES = {"dark-80x24": (80, 24), "light-120x40": (120, 40)}


async def show_home(pilot):
    await until(pilot, shows(pilot, "ready to chat"))


async def show_train(pilot):
    await pilot.press("f2")
    await until(pilot, shows(pilot, "1,115,394 characters"))
    pilot.app.screen.query_one("#name", Input).placeholder = "tiny-20260102-030405"
    pilot.app.screen.query_one("#field-embed_dim", Input).value = "130"
    await until(pilot, shows(pilot, "num heads 4 does not divide"))


async def show_watch(pilot):
    pilot.app.watch_run(RunDirectory(Path("runs/verse")))
    await until(pilot, shows(pilot, "finished", "19 of 19"))


async def show_chat(pilot):
    await pilot.press("f3")
    await until(pilot, lambda: pilot.app.screen.columns[0].tokenizer)
    pilot.app.screen.query_one("#knob-seed", Input).value = "7"
    await pilot.press(*"But soft", "enter")
    await until(pilot, shows(pilot, "And so it ends.", "seed 7"))
    pilot.app.screen.desk.prompt.value = "what light 你"
    await until(pilot, shows(pilot, "left out, as the model"))


async def show_why(pilot):
    await show_chat(pilot)
    await pilot.press("f7")
    await until(pilot, lambda: pilot.app.screen.found.question.number == 0)
    await pilot.press(*["right"] * 12, "b", "h")
    await until(pilot, lambda: pilot.app.screen.found.question.number == 12)


async def show_runs(pilot):
    await pilot.press("f4")
    await until(pilot, shows(pilot, "verse", "interrupted"))


async def show_look(pilot):
    await pilot.press("f8")
    await until(pilot, lambda: pilot.app.screen.gaze)
    await pilot.press("home", *["right"] * 30, "a", "b", "h")
    screen = pilot.app.screen
    await until(pilot, lambda: all(question in screen.answers for question in screen.needed.values()))


async def show_learn(pilot):
    await pilot.press("f10")
    await until(pilot, lambda: pilot.app.screen.is_answered)
    await pilot.press(*["right"] * 4)
    await until(pilot, shows(pilot, "5 of 9", "divided by 2.5", "Greatest difference"))


SHOWN = [show_home, show_train, show_watch, show_chat, show_why, show_runs, show_look, show_learn]


def picture_of(app):
    """The screen as SVG, without the number in every identifier that tells several pictures on one page apart."""
    return re.sub(r"terminal-\d+", "terminal", app.export_screenshot())


async def steady_picture(pilot):
    """The picture once the footer, which is made anew whenever the focus moves, is there and nothing changes."""
    seen = []

    def is_steady():
        seen.append([strip.simplify() for strip in pilot.app.screen._compositor.render_strips()])
        footer = "".join(segment.text for segment in seen[-1][-1])
        return "^p" in footer and len(seen) >= STEADY_LOOKS and all(look == seen[-1] for look in seen[-STEADY_LOOKS:])

    await until(pilot, is_steady)
    return picture_of(pilot.app)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("show", SHOWN, ids=lambda f: f.__name__)
async def test_the_screen_looks_as_it_was_meant_to(snapshot, tmp_path, monkeypatch, show, size):
    monkeypatch.chdir(tmp_path)
    make_run(Path("runs"), "started", recorded()[:40])
    make_run(Path("runs"), "verse")
    app = TinyGPTApp(Path("runs"), worker=WORKER, trainer=TRAINER, keeps_sitting=False)
    async with app.run_test(size=SIZES[size]) as pilot:
        if size.startswith("light"):
            app.action_toggle_light()
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await show(pilot)
        app.screen.set_focus(None)
        picture = await steady_picture(pilot)
    assert picture == snapshot(extension_class=SVGImageSnapshotExtension)
