"""Whatever fails in the UI, its exit status says so."""

import sys
from pathlib import Path

import pytest

from tests.tui.conftest import DEADLINE_S, WORKER
from tinygpt_keras.worker import client
from tinygpt_tui import app
from tinygpt_tui.app import TinyGPTApp
from tinygpt_tui.command import main

pytestmark = pytest.mark.slow


class Terminal:
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def fail(*_):
    raise RuntimeError("the test says so")


async def work():
    fail()


def before_one_quits(app):
    def both():
        app.call_later(app.exit)
        fail()

    app.screen.call_later(both)


# Each fails in another place, once the first screen is there.
CRASHES = {
    "in mounting": fail,
    "in a handler": lambda app: app.call_later(fail),
    "in a screen's handler": lambda app: app.screen.call_later(fail),
    "in a timer": lambda app: app.set_timer(0.01, fail),
    "in a worker": lambda app: app.run_worker(work()),
    "in a worker's thread": lambda app: app.run_worker(fail, thread=True),
    "before one quits": before_one_quits,
    "in an input thread of Textual's": lambda app: app.panic("the test says so"),
}


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Run the command without a terminal, with a fault in the application; gives its status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    monkeypatch.setattr(client, "COMMAND", WORKER)
    for stream in ("__stdin__", "__stderr__"):
        monkeypatch.setattr(sys, stream, Terminal())

    def start(crash):
        class Faulty(TinyGPTApp):
            CSS_PATH = Path(app.__file__).with_name("app.tcss")

            def on_mount(self):
                self.set_timer(DEADLINE_S, self.exit)
                crash(self)

            def run(self):
                super().run(headless=True)

        monkeypatch.setattr(app, "TinyGPTApp", Faulty)
        return main([])

    return start


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_has_a_status_and_a_traceback(started, name, capsys):
    assert started(CRASHES[name]) == 1
    assert "the test says so" in capsys.readouterr().err


def test_one_who_quits_has_none(started):
    assert started(lambda app: app.call_later(app.exit)) == 0


def test_a_screen_fault_while_quitting_is_no_crash(started, capsys):
    assert started(lambda app: app.exit()) == 0  # the first screen is composed no more
    assert capsys.readouterr().err == ""
