"""Ending the UI other than by the user: on a signal, when the terminal disappears, or on a crash."""

import contextlib
import signal
import time
from abc import abstractmethod
from functools import partial
from types import FrameType
from typing import Any

from textual.driver import Driver

# Windows lacks some of them.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
SIGNALLED = 128  # plus a signal's number: the exit status of a process ended by that signal
HUNG_UP = SIGNALLED + 1
PATIENCE_S = 1.0  # a process may get the same signal twice at once, also via its group; a later one means it hangs


class EndingDriver(Driver):
    """Quits the app on a signal (textual#6292) or without a terminal, and gives crashes a failing exit status."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._handlers: dict[int, Any] = {}
        self._signalled_at: float | None = None

    def listen(self) -> None:
        """Install the signal handlers, except for signals ignored from the start, as by `nohup`."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._on_signal)

    def close(self) -> None:
        """Restore the previous signal handlers."""
        super().close()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Quit through the event loop; on another signal after `PATIENCE_S`, quit directly."""
        del frame
        now = time.monotonic()
        if self._signalled_at is None:
            self._signalled_at = now
        elif now - self._signalled_at > PATIENCE_S and SIGNALLED + number != HUNG_UP:
            signal.signal(number, signal.SIG_DFL)  # a further signal ends the process in any case
            with contextlib.suppress(Exception):
                self.stop_application_mode()
                self.close()  # waits until all output is written
            signal.signal(number, signal.SIG_DFL)  # again, as closing restored the previous handler
            signal.raise_signal(number)
        self._loop.call_soon_threadsafe(partial(self._app.exit, return_code=SIGNALLED + number))

    def hang_up(self) -> None:
        """Quit as on SIGHUP, because the terminal is gone."""
        self._app.call_later(self._app.exit, return_code=HUNG_UP)

    def run_input_thread(self) -> None:
        """Read the input; an exception crashes the app like any other."""
        try:
            self.read_input()
        except Exception as error:
            # Textual's drivers would exit with status 0, or leave the app without input.
            self._app.call_later(self._crash, error)

    def _crash(self, error: Exception) -> None:
        raise error

    @abstractmethod
    def read_input(self) -> None:
        """Convert the input to messages to the app until it ends; runs in its own thread."""
