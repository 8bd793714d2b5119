"""A run stops when it is asked to, however it is asked."""

import signal
import subprocess
import sys
import threading

import pytest

from tinygpt_keras.training.signals import StopRequest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("ignored", [True, False])
def test_sighup_stops_a_run_unless_ignored(ignored):
    """`nohup` starts a process that ignores it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        stop = StopRequest()
        with stop.listening():
            for _ in range(1 if ignored else 2):  # a terminal that is closed may say so twice
                signal.raise_signal(signal.SIGHUP)
        assert stop.received is not ignored
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_stop_request_interrupts_at_once(number):
    """The earlier signal handlers are restored afterwards."""
    before, stop = signal.getsignal(number), StopRequest()
    with stop.listening():
        signal.raise_signal(number)
        assert stop.received
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_what_loses_nothing_ends_at_once():
    stop = StopRequest()
    with stop.listening():
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), stop.at_once():  # what comes after it does not begin
            pytest.fail("it began")
    assert stop.received
    assert not stop._loses_nothing, "what follows, such as saving, is not to be interrupted"
    assert not stop._may_leave


def test_where_steps_are_unsaved_the_process_stays():
    stop = StopRequest()
    with stop.at_once(may_leave=False):
        assert stop._loses_nothing
        assert not stop._may_leave


@pytest.mark.parametrize("loses_nothing", [True, False])
def test_the_request_is_answered_while_a_call_goes_on(loses_nothing):
    told = threading.Event()
    answers = []
    stop = StopRequest(lambda finishing: (answers.append(finishing), told.set()))
    with stop.listening():
        try:
            stop.expect(loses_nothing)
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            assert loses_nothing
        assert told.wait(10)
        stop.expect(False)
    assert answers == [not loses_nothing]


# A call of minutes in which Python sees no signal, as XLA's compiler is; the signal comes when it has long begun.
STUCK = """
import hashlib, os, signal, sys, threading
from tinygpt_keras.training.signals import StopRequest
stop = StopRequest(give_up=lambda: print("gave up", flush=True))
with stop.listening(), stop.at_once():
    threading.Timer(2.0, os.kill, [os.getpid(), signal.SIGINT]).start()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
"""


def test_an_uninterruptible_call_ends_with_the_process():
    result = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stdout) == (130, "gave up\n"), result.stderr
