"""A person's terminal, which a test types into and reads."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.tui.programs import program

DEADLINE_S = 240.0  # training has a low priority, which counts where other tests run beside it


class Terminal:
    """A person's terminal.

    Args:
        folder: Where the program is started, and where its socket lies.
        marker: Stands in the environment of every process that is started from it.
    """

    def __init__(self, folder, marker):
        self.socket = str(folder / "tmux")
        self.marker = marker
        self.folder = folder

    def tmux(self, *arguments):
        command = [program("tmux"), "-S", self.socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def start(self, command, columns=120, rows=40):
        size = ["-x", str(columns), "-y", str(rows)]
        shell = f"unset COLUMNS LINES; TEST_MARKER={self.marker} {command}; echo status $?; sleep 1000"
        self.tmux("new-session", "-d", "-c", str(self.folder), *size, shell)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        if text:
            self.tmux("send-keys", "-l", text)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait_for(self, *texts, gone="never shown", seconds=DEADLINE_S):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.screen()
            if all(text in screen for text in texts) and gone not in screen:
                return screen
            time.sleep(0.1)  # between two looks
        pytest.fail(f"never saw {texts}; the screen is\n{self.screen()}")

    def processes(self):
        """The commands by process id of what was started from here and still lives."""
        found = {}
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.marker.encode() in environment.read_bytes():
                    command = environment.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(environment.parent.name)] = command
            except OSError:
                continue
        own = "tmux", "sh ", "sleep"
        return {number: command for number, command in found.items() if not command.startswith(own)}

    def close(self):
        """End the terminal and whatever was started from it, also a training run that outlives it."""
        self.tmux("kill-server")
        for number in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
