"""What the launcher says of processes that have ended."""

import re
import signal
import socket
from dataclasses import replace

import pytest

from tinygpt_keras.config.processes import ProcessOptions
from tinygpt_keras.distribution.joining import LOST, LostError, naming_loss
from tinygpt_keras.distribution.launcher import check_backend, check_port, what_is_lost
from tinygpt_keras.errors import InputError

OPTIONS = ProcessOptions(processes=3, coordinator="node1:8476", process_id=0, join_timeout=60)


class Ended:
    """A process that has ended, as the launcher sees it."""

    def __init__(self, number, status, has_met=True):
        self.number, self._status, self.has_met, self.options = number, status, has_met, OPTIONS

    def status(self):
        return self._status

    def is_lost(self):
        return self._status < 0 or self._status == LOST

    def killed_by(self):
        return "SIGKILL" if self._status == -signal.SIGKILL else ""

    def last_error(self):
        return " (error: the disk is full)"


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ([Ended(0, LOST), Ended(1, -signal.SIGKILL), Ended(2, -signal.SIGABRT)], "process 1 was killed by SIGKILL"),
        ([Ended(0, LOST), Ended(2, 1)], r"process 2 ended with status 1 \(error: the disk is full\)"),
        ([Ended(1, -signal.SIGABRT), Ended(2, 0)], "another process has ended, or can no longer be reached"),
        ([Ended(1, -signal.SIGABRT, has_met=False)], "not all of the 3 processes came to node1:8476 within 60 s"),
    ],
)
def test_the_cause_is_named_and_not_what_follows_from_it(gone, words):
    assert re.match(words, what_is_lost(gone, OPTIONS))


def test_a_process_that_no_longer_answers_is_named():
    assert what_is_lost([Ended(0, -signal.SIGABRT)], OPTIONS, [1]) == "process 1 no longer answers"
    assert what_is_lost([Ended(0, LOST)], OPTIONS, [1, 2]) == "processes 1, 2 no longer answer"


def test_a_port_in_use_is_said():
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        options = ProcessOptions(processes=2, coordinator=f"localhost:{port}", process_id=0)
        with pytest.raises(InputError, match=f"port {port} cannot be used"):
            check_port(options)
        check_port(replace(options, process_id=1))  # it listens elsewhere


@pytest.mark.parametrize(
    "message",
    [
        "UNKNOWN: Gloo AllReduce failed: [external/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer",
        "INTERNAL: NCCL operation ncclAllReduce failed: unhandled system error",
        "UNAVAILABLE: The coordination service is shutting down.\nMore lines",
    ],
)
def test_an_error_of_another_process_is_known(message):
    with pytest.raises(LostError), naming_loss():
        raise ValueError(message)


@pytest.mark.parametrize("message", ["RESOURCE_EXHAUSTED: Out of memory", "a gloomy text", "no number"])
def test_an_error_of_ones_own_stays(message):
    with pytest.raises(ValueError, match=message), naming_loss():
        raise ValueError(message)


def test_another_backend_is_refused():
    with pytest.raises(InputError, match="KERAS_BACKEND is tensorflow"):
        check_backend({"KERAS_BACKEND": "tensorflow"})
    check_backend({})
