"""The driver of a terminal on Linux and macOS."""

import errno
import os
import selectors
import signal
import sys
import typing
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

from textual.drivers.linux_driver import LinuxDriver

from tinygpt_keras import console
from tinygpt_tui.terminal.ending import EndingDriver
from tinygpt_tui.terminal.parser import TerminalParser

GONE = (errno.EIO, errno.ENXIO)  # what reading and writing say of a terminal that is closed
POLL_S = 0.1
CHUNK = 2**16  # bytes


class TerminalDriver(EndingDriver, LinuxDriver):
    """Reads any bytes, and gives the terminal back however the app ends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = typing.cast(TextIO, TerminalOutput(self._file or sys.stderr))
        self._has_terminal = False

    def start_application_mode(self) -> None:
        """Listen to signals before the terminal is changed."""
        self.listen()
        self._has_terminal = True
        super().start_application_mode()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._has_terminal = False
        super().stop_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal back, and paint all of it, where Textual paints what changes."""
        super().resume_application_mode()
        self._app.call_later(self._app.refresh, layout=True)

    def read_input(self) -> None:
        """Read keys, mouse events and pastes; without a terminal Textual would read its end for ever."""
        parser = TerminalParser(self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(POLL_S):
                    data = self._read()
                    if not data:
                        self.hang_up()
                        return
                    for message in parser.read(data):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def _read(self) -> bytes:
        """Read what is there; nothing where the terminal is gone."""
        try:
            return os.read(self.fileno, CHUNK)
        except OSError as error:
            if error.errno not in GONE:
                raise
            return b""

    def _sigtstp_application(self, *signalled: Any) -> None:
        # While one quits, Textual would set the terminal up once more.
        if self._has_terminal:
            super()._sigtstp_application(*signalled)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *signalled: Any) -> None:
        # Textual takes it that SIGTSTP came before. After SIGSTOP, and when a shell dies, it would start a second time
        # on top of the first, and never end.
        if self._must_signal_resume:
            super()._sigcont_application(*signalled)
        else:
            self._loop.call_soon_threadsafe(self._start_again)

    def _start_again(self) -> None:
        """Set the terminal up once more, after whoever had it while the app was stopped."""
        if self._has_terminal:
            self.suspend_application_mode()
            self.resume_application_mode()


class TerminalOutput:
    """The way to the terminal, on which nothing fails when that is gone; Textual would wait for its writer for ever.

    Args:
        file: The terminal.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        """Write, or lose what nobody can read."""
        self._attempt(partial(self._file.write, text))

    def flush(self) -> None:
        """Write what is left, or lose it."""
        self._attempt(self._file.flush)

    def _attempt(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            if error.errno not in GONE:
                raise
            console.drop_output(2)
