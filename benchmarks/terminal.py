"""A program in a pseudo-terminal: its output gets time stamps, and pyte interprets the screen."""

import contextlib
import fcntl
import os
import pty
import queue
import re
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyte

COLUMNS, ROWS = 120, 40
BLOCK = 2**16  # bytes per read
DEADLINE_S = 30.0
UNWANTED = ("COLUMNS", "LINES", "COLORTERM", "NO_COLOR")  # they would change what is drawn
TINYGPT_TUI = str(Path(sys.executable).with_name("tinygpt-tui"))


class NeverShownError(Exception):
    """The expected text never appeared."""


class Terminal:
    """Runs one program and answers none of its terminal queries.

    A separate thread reads and stamps the output, so that interpreting it hardly delays a stamp.

    Args:
        command: The program and its arguments.
        folder: The working directory.
    """

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._lines = [""] * ROWS
        self._output: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        environment = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        environment["TERM"] = "xterm-256color"
        self.started_at = time.monotonic()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            become(command, folder, environment)
        threading.Thread(target=self._read, daemon=True).start()

    def press(self, keys: bytes) -> float:
        """Send keys.

        Args:
            keys: The bytes that a terminal sends for them.

        Returns:
            The time, by the monotonic clock.
        """
        now = time.monotonic()
        os.write(self._file, keys)
        return now

    def wait_for(self, pattern: str, deadline_s: float = DEADLINE_S) -> float:
        """Wait until a line of the screen matches.

        Args:
            pattern: A regular expression.
            deadline_s: How long to wait, in seconds.

        Returns:
            The arrival time of the bytes that completed the match.

        Raises:
            NeverShownError: If they did not arrive in time.
        """
        now = time.monotonic()
        end = now + deadline_s
        while self.find(pattern) is None:
            try:
                now, block = self._output.get(timeout=max(end - time.monotonic(), 0.001))
            except queue.Empty:
                shown = "\n".join(self._lines)
                raise NeverShownError(f"never saw {pattern!r}; the screen is\n{shown}") from None
            self._take(block)
        return now

    def find(self, pattern: str) -> re.Match[str] | None:
        """Search the lines on the screen.

        Args:
            pattern: A regular expression.

        Returns:
            The first match, or `None`.
        """
        matches = (re.search(pattern, line) for line in self._lines)
        return next((match for match in matches if match), None)

    def replay(self, pattern: str) -> Iterator[tuple[float, re.Match[str]]]:
        """Interpret the output since the last call.

        Args:
            pattern: A regular expression for one line.

        Yields:
            The match of each changed line, with the arrival time of its block of bytes.
        """
        wanted = re.compile(pattern)
        while not self._output.empty():
            now, block = self._output.get()
            for number in self._take(block):
                if match := wanted.search(self._lines[number]):
                    yield now, match

    def close(self) -> None:
        """End the program with SIGHUP, as a closed window does, and with SIGKILL if needed."""
        for number in (signal.SIGHUP, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            end = time.monotonic() + 10.0
            while time.monotonic() < end:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self._file)
                    return
                time.sleep(0.02)

    def _read(self) -> None:
        """Read and stamp the output until it ends."""
        with contextlib.suppress(OSError):
            while block := os.read(self._file, BLOCK):
                self._output.put((time.monotonic(), block))

    def _take(self, block: bytes) -> list[int]:
        """Interpret a block of bytes and return the numbers of the changed lines."""
        self._screen.dirty.clear()
        self._stream.feed(block)
        touched = sorted(number for number in self._screen.dirty if number < ROWS)
        for number in touched:
            row = self._screen.buffer[number]
            self._lines[number] = "".join(row[column].data for column in range(COLUMNS))
        return touched


def become(command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
    """Replace the forked child with the program.

    Args:
        command: The program and its arguments.
        folder: The working directory.
        environment: The environment variables.
    """
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    finally:
        os._exit(127)


@contextlib.contextmanager
def opened(folder: Path, *arguments: str) -> Iterator[Terminal]:
    """Run `tinygpt-tui` until the block ends.

    Args:
        folder: The working directory, which has the runs in `runs`.
        *arguments: The command's arguments.

    Yields:
        The terminal.
    """
    terminal = Terminal([TINYGPT_TUI, *arguments], folder)
    try:
        yield terminal
    finally:
        terminal.close()
