"""However the UI ends, the terminal is as it was, the status says how, and no worker is left."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.tui.conftest import TRAINER
from tests.tui.served import wait_until
from tinygpt_tui.terminal.ending import PATIENCE_S

pytestmark = pytest.mark.slow

BEGUN, ENDED = b"\x1b[?1049h", b"\x1b[?1049l"  # the alternate screen is the first thing that the UI changes
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
IGNORE_HANGUP = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
SCRIPTED_TRAINER = f"""
import functools, tinygpt_tui.app
tinygpt_tui.app.TinyGPTApp = functools.partial(tinygpt_tui.app.TinyGPTApp, trainer={TRAINER!r})
"""
# A worker that takes its time to end, and so does the UI.
DEAF_WORKER = """
tinygpt_keras.worker.client.COMMAND = [sys.executable, "-c", "import time; time.sleep(1000)"]
"""
HANGING_EXIT = """
import time
from tinygpt_tui.app import TinyGPTApp
def hang(self, **_):
    print("hangs", file=sys.__stderr__, flush=True)
    time.sleep(1000)
TinyGPTApp.exit = hang
"""
BROKEN_INPUT = """
from tinygpt_tui.terminal.parser import TerminalParser
def read(self, data):
    raise RuntimeError("the test says so")
TerminalParser.read = read
"""


def children(process):
    """The processes that a process has started and that live."""
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def state(pid):
    """What Linux says of a process, such as `T (stopped)`; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/status").read_text().split("State:\t")[1].split("\n")[0]
    except FileNotFoundError:
        return ""


def is_alive(pid):
    return state(pid) not in ("", "Z (zombie)")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_gives_the_terminal_back(pseudo, number):
    terminal = pseudo()
    terminal.wait_for("ready to chat")
    (worker,) = children(terminal.process.pid)
    assert terminal.left()
    terminal.send(number)
    assert terminal.status() == 128 + number
    assert terminal.left_at_last() == []
    assert not is_alive(worker)


@pytest.mark.parametrize("pause_s", [0.0005, 0.01, 0.1])
def test_two_signals_at_once_still_end_cleanly(pseudo, pause_s):
    """A signal to a process and to its group arrives twice."""
    terminal = pseudo()
    terminal.wait_for("ready to chat")
    terminal.send(signal.SIGTERM)
    time.sleep(pause_s)
    terminal.send(signal.SIGTERM)
    assert terminal.status() == 128 + signal.SIGTERM
    assert terminal.left_at_last() == []


def test_a_later_signal_ends_a_ui_that_hangs(pseudo):
    terminal = pseudo(HANGING_EXIT)
    terminal.wait_for("ready to chat")
    terminal.send(signal.SIGTERM)
    assert wait_until(lambda: b"hangs" in terminal.written)
    time.sleep(PATIENCE_S)
    terminal.send(signal.SIGTERM)
    assert terminal.status() == 128 + signal.SIGTERM
    assert terminal.left_at_last() == []


@pytest.mark.parametrize("moment", [b"", b"\x1bOQ"])
def test_a_signal_while_a_screen_opens_ends_cleanly(pseudo, moment):
    terminal = pseudo()
    if moment:
        terminal.wait_for("ready to chat")
        terminal.type(moment)
    else:
        assert wait_until(lambda: BEGUN in terminal.written)
    terminal.send(signal.SIGTERM)
    assert terminal.status() == 128 + signal.SIGTERM
    assert terminal.left_at_last() == []
    assert b"Traceback" not in terminal.written


def test_training_goes_on_after_a_signal_and_says_so(pseudo, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRIPTED_EVALUATIONS", "1000000")
    terminal = pseudo(SCRIPTED_TRAINER)
    terminal.wait_for("ready to chat")
    terminal.type(b"t")
    terminal.wait_for("1,115,394 characters")
    terminal.type(b"\x13")  # Ctrl+S
    terminal.wait_for("running")
    terminal.send(signal.SIGTERM)
    assert terminal.status() == 128 + signal.SIGTERM
    assert wait_until(lambda: b"Training goes on in runs" in terminal.written)
    (named,) = (tmp_path / "runs").glob("*/.trainer")
    trainer = int(named.read_text())
    assert is_alive(trainer)
    os.kill(trainer, signal.SIGINT)
    assert wait_until(lambda: not is_alive(trainer))


@pytest.mark.parametrize("before", ["", IGNORE_HANGUP])
def test_a_terminal_that_goes_away_ends_the_ui(pseudo, before):
    terminal = pseudo(before)
    terminal.wait_for("ready to chat")
    (worker,) = children(terminal.process.pid)
    if before:
        terminal.send(signal.SIGHUP)  # ignored, as `nohup` has it
        terminal.type(b"?")
        terminal.wait_for("esc closes")
    terminal.hang_up()
    assert terminal.status() == 128 + signal.SIGHUP
    assert not is_alive(worker)


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP, signal.SIGCONT])
def test_the_ui_goes_on_after_it_was_stopped(pseudo, number):
    terminal = pseudo()
    terminal.wait_for("ready to chat")
    terminal.send(number)
    if number != signal.SIGCONT:
        assert wait_until(lambda: state(terminal.process.pid) == "T (stopped)")
    if number == signal.SIGTSTP:
        assert wait_until(lambda: not terminal.left())
    before = len(terminal.written)
    terminal.screen.reset()  # as a shell leaves it
    terminal.send(signal.SIGCONT)
    assert wait_until(lambda: BEGUN in terminal.written[before:])
    terminal.wait_for("Press a letter to begin", "ready to chat")
    terminal.type(b"\x11")  # Ctrl+Q
    assert terminal.status() == 0
    assert terminal.left_at_last() == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTSTP, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_a_signal_while_one_quits_leaves_the_terminal_alone(pseudo, number, status):
    terminal = pseudo(DEAF_WORKER)
    terminal.wait_for("Press a letter to begin")
    terminal.type(b"\x11")  # Ctrl+Q
    assert wait_until(lambda: ENDED in terminal.written)
    terminal.send(number)
    if number == signal.SIGTSTP:  # unless it has ended before
        assert wait_until(lambda: state(terminal.process.pid) in ("T (stopped)", "Z (zombie)"))
        terminal.send(signal.SIGCONT)
    assert terminal.status() == status
    assert terminal.left_at_last() == []


def test_a_fault_in_the_input_thread_is_reported(pseudo):
    """The terminal is restored, and the status is 1."""
    terminal = pseudo(BROKEN_INPUT)
    terminal.wait_for("ready to chat")
    terminal.type(b"x")
    assert terminal.status() == 1
    assert wait_until(lambda: b"RuntimeError" in terminal.written)
    assert b"the test says so" in terminal.written
    assert terminal.left_at_last() == []
