"""A terminal without a person: the real command, in a pseudo-terminal that knows which modes are set."""

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time

import pyte
import pytest

from tests.tui.conftest import WORKER
from tests.tui.served import wait_until

DEADLINE_S = 60.0
COLUMNS, ROWS = 100, 30
SHOWS_CURSOR, WRAPS = 25, 7  # the modes that are set to begin with
# The command with scripted processes; a test may change the application before it starts.
CODE = """
import sys
import tinygpt_keras.worker.client
from tinygpt_tui.command import main
tinygpt_keras.worker.client.COMMAND = {worker!r}
{before}
sys.exit(main())
"""


class Pseudo:
    """The command in a pseudo-terminal.

    Args:
        folder: Where it starts.
        before: Statements to run first.
    """

    def __init__(self, folder, before=""):
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.attributes = termios.tcgetattr(self.slave)
        environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE.format(worker=WORKER, before=before)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), self.slave),
            cwd=folder,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        self.written = b""
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._is_gone = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # of a slave that nobody has open
            while not self._is_gone:
                if not select.select([self.master], [], [], 0.05)[0]:
                    continue
                data = os.read(self.master, 2**16)
                self._stream.feed(re.sub(rb"\x1b\[[<>=][\d;]*u|\x1b\[\?[\d;]*\$p", b"", data))  # pyte types them
                self.written += data

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, *texts):
        end = time.monotonic() + DEADLINE_S
        while not all(text in self.text() for text in texts):
            if time.monotonic() > end or self.process.poll() is not None:
                pytest.fail(f"never saw {texts}; the screen is\n{self.text()}")
            time.sleep(0.02)

    def type(self, data):
        """Type bytes."""
        for place in range(0, len(data), 1000):
            os.write(self.master, data[place : place + 1000])

    def send(self, number):
        self.process.send_signal(number)

    def status(self):
        """The exit status as a shell tells it, when it has ended: 128 + the signal also for one that nobody caught."""
        status = self.process.wait(DEADLINE_S)
        return status if status >= 0 else 128 - status

    def left(self):
        """What is left of the application in the terminal: modes that are set, or that the terminal was set to."""
        modes = {SHOWS_CURSOR: True, WRAPS: True}
        for numbers, letter in re.findall(rb"\x1b\[\?([\d;]+)([hl])", self.written):
            modes |= {int(number): letter == b"h" for number in numbers.split(b";")}
        left = [mode for mode, is_set in modes.items() if is_set != (mode in (SHOWS_CURSOR, WRAPS))]
        return left if termios.tcgetattr(self.slave) == self.attributes else [*left, "attributes"]

    def left_at_last(self):
        """What is left when all has been read."""
        wait_until(lambda: not self.left())
        return self.left()

    def hang_up(self):
        """Close the window; while somebody reads from it, it would stay open."""
        if not self._is_gone:
            self._is_gone = True
            self._reader.join()
            os.close(self.slave)
            os.close(self.master)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()


@pytest.fixture
def pseudo(tmp_path):
    """Start the command in a pseudo-terminal; whatever is left of it is ended afterwards."""
    opened = []

    def start(before=""):
        opened.append(Pseudo(tmp_path, before))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()
