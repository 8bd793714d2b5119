"""Behind a web server the UI reads any bytes, ends with its server, and says how it ended."""

import json
import os
import signal
import subprocess
import sys
import threading

import pyte
import pytest

from tests.tui.conftest import WORKER

pytestmark = pytest.mark.slow

DEADLINE_S = 60.0
CODE = f"""
import sys
import tinygpt_keras.worker.client
from tinygpt_tui.command import main
tinygpt_keras.worker.client.COMMAND = {WORKER!r}
sys.exit(main())
"""


class Piped:
    """The command as textual-serve starts it: packets in, packets out."""

    def __init__(self, folder):
        driver = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "COLUMNS": "100", "ROWS": "30"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE],
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **driver},
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == b"__GANGLION__\n"
        self.screen = pyte.Screen(100, 30)
        self._stream = pyte.ByteStream(self.screen)

    def send(self, kind, payload):
        assert self.process.stdin
        self.process.stdin.write(kind + len(payload).to_bytes(4, "big") + payload)
        self.process.stdin.flush()

    def wait_for(self, text):
        """Read until the screen shows a text, or until the end."""
        assert self.process.stdout
        while text not in "\n".join(self.screen.display):
            head = self.process.stdout.read(5)
            assert head, "\n".join(self.screen.display)
            payload = self.process.stdout.read(int.from_bytes(head[1:], "big"))
            if head[:1] == b"D":
                self._stream.feed(payload)

    def status(self):
        """The exit status; what it still writes is lost."""
        assert self.process.stdout
        self.process.stdout.close()
        return self.process.wait(DEADLINE_S)


@pytest.fixture
def piped(tmp_path):
    app = Piped(tmp_path)
    hang_guard = threading.Timer(DEADLINE_S, app.process.kill)
    hang_guard.start()
    app.wait_for("ready to chat")
    yield app
    hang_guard.cancel()
    app.process.kill()
    app.process.wait()
    for stream in (app.process.stdin, app.process.stdout):
        assert stream
        stream.close()


def test_the_browser_driver_replaces_invalid_utf8(piped):
    """It quits when the browser asks for that."""
    piped.send(b"D", b"c")
    piped.wait_for("parameters, reads")
    for payload in (b"caf\xe9", b"\x1b[M \xa00", b"\x1b[200~a \x1b[31mb\x1b[201~", b"\xed\xa0\xbd"):
        piped.send(b"D", payload)
    piped.send(b"D", b"end")
    piped.wait_for("caf\N{REPLACEMENT CHARACTER}a [31mb\N{REPLACEMENT CHARACTER}")
    piped.wait_for("end")
    piped.send(b"M", json.dumps({"type": "quit"}).encode())
    assert piped.status() == 0


def test_it_ends_with_its_server(piped):
    piped.process.stdin.close()
    assert piped.status() == 128 + signal.SIGHUP


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_its_status(piped, number):
    piped.process.send_signal(number)
    assert piped.status() == 128 + number


def test_what_is_no_packet_of_the_server_fails_loudly(piped):
    piped.send(b"M", b"{")
    assert piped.status() == 1
