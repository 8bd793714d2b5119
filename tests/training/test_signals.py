"""A run stops when it is asked to, however it is asked."""

import signal

import pytest

from tinygpt_keras.training.signals import StopRequest


@pytest.mark.parametrize("ignored", [True, False])
def test_a_closed_terminal_stops_a_run_unless_nohup_says_otherwise(ignored):
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
def test_the_second_request_interrupts_at_once_and_handlers_come_back(number):
    before, stop = signal.getsignal(number), StopRequest()
    with stop.listening():
        signal.raise_signal(number)
        assert stop.received
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
