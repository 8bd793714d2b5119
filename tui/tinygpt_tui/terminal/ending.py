"""How the UI ends when it is not the user who quits: by a signal, with its terminal, or by a fault of its own."""

import contextlib
import signal
import time
from abc import abstractmethod
from functools import partial
from types import FrameType
from typing import Any

from textual.driver import Driver

# What Windows lacks of them, nobody can send there.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
SIGNALLED = 128  # with a signal's number added, the exit status of who ended by it
HUNG_UP = SIGNALLED + 1
PATIENCE_S = 1.0  # a process and its group may be sent the same signal at once; a later one is for a UI that hangs


class EndingDriver(Driver):
    """Quits its app on a signal (textual#6292) and when the terminal is gone, and lets no crash pass as success."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._handlers: dict[int, Any] = {}
        self._signalled_at: float | None = None

    def listen(self) -> None:
        """Quit on signals from now on, but for those that were ignored from the start, as by `nohup`."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._on_signal)

    def close(self) -> None:
        """Leave signals to whoever had them before."""
        super().close()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Quit as soon as the loop runs, or at once when it has not run since an earlier signal."""
        del frame
        now = time.monotonic()
        if self._signalled_at is None:
            self._signalled_at = now
        elif now - self._signalled_at > PATIENCE_S and SIGNALLED + number != HUNG_UP:
            signal.signal(number, signal.SIG_DFL)  # so that the next one ends it in any case
            with contextlib.suppress(Exception):
                self.stop_application_mode()
                self.close()  # which waits until all is written
            signal.signal(number, signal.SIG_DFL)  # once more, as closing gives it back to whoever had it
            signal.raise_signal(number)
        self._loop.call_soon_threadsafe(partial(self._app.exit, return_code=SIGNALLED + number))

    def hang_up(self) -> None:
        """Quit as on SIGHUP: nobody can see the app any more."""
        self._app.call_later(self._app.exit, return_code=HUNG_UP)

    def run_input_thread(self) -> None:
        """Read the input; a fault in doing so crashes the app as any other does."""
        try:
            self.read_input()
        except Exception as error:
            # Textual's drivers would end the app with status 0, or leave it without input.
            self._app.call_later(self._crash, error)

    def _crash(self, error: Exception) -> None:
        raise error

    @abstractmethod
    def read_input(self) -> None:
        """Turn what comes in into messages to the app until it ends; runs in a thread of its own."""
