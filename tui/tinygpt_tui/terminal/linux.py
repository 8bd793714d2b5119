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

GONE = (errno.EIO, errno.ENXIO)  # errno of reading from or writing to a closed terminal
POLL_S = 0.1
CHUNK = 2**16  # bytes


class TerminalDriver(EndingDriver, LinuxDriver):
    """Accepts invalid UTF-8, and restores the terminal however the app ends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = typing.cast(TextIO, TerminalOutput(self._file or sys.stderr))
        self._has_terminal = False

    def start_application_mode(self) -> None:
        """Install the signal handlers before changing the terminal's mode."""
        self.listen()
        self._has_terminal = True
        super().start_application_mode()

    def stop_application_mode(self) -> None:
        """Restore the terminal."""
        self._has_terminal = False
        super().stop_application_mode()

    def resume_application_mode(self) -> None:
        """Resume, and repaint the whole terminal; Textual would repaint only what changes."""
        super().resume_application_mode()
        self._app.call_later(self._app.refresh, layout=True)

    def read_input(self) -> None:
        """Read keys, mouse events and pastes; at end of file hang up, where Textual would loop for ever."""
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
        """Read the available bytes; return none if the terminal is gone."""
        try:
            return os.read(self.fileno, CHUNK)
        except OSError as error:
            if error.errno not in GONE:
                raise
            return b""

    def _sigtstp_application(self, *signalled: Any) -> None:
        # While the app quits, Textual would set up the terminal again.
        if self._has_terminal:
            super()._sigtstp_application(*signalled)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *signalled: Any) -> None:
        # Textual assumes a preceding SIGTSTP. After SIGSTOP, and when a shell dies, it would start a second time
        # without having stopped, and never end.
        if self._must_signal_resume:
            super()._sigcont_application(*signalled)
        else:
            self._loop.call_soon_threadsafe(self._start_again)

    def _start_again(self) -> None:
        """Set up the terminal again, as another program may have used it while the app was stopped."""
        if self._has_terminal:
            self.suspend_application_mode()
            self.resume_application_mode()


class TerminalOutput:
    """Terminal output that ignores a closed terminal, where Textual would wait for its writer thread for ever.

    Args:
        file: The terminal's output stream.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        """Write text, or discard it if the terminal is gone."""
        self._attempt(partial(self._file.write, text))

    def flush(self) -> None:
        """Flush the buffer, or discard it if the terminal is gone."""
        self._attempt(self._file.flush)

    def _attempt(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            if error.errno not in GONE:
                raise
            console.drop_output(2)
