"""Stopping when asked to: a step is finished and the run saved; anything else ends within seconds."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import NoReturn

from tinygpt_keras.console import INTERRUPTED

ASKING = (signal.SIGINT, signal.SIGTERM)
# XLA compiles, and TensorFlow is loaded, in calls of many seconds during which Python sees no signal.
STUCK_AFTER_S = 3.0


def closing() -> tuple[int, ...]:
    """Return the signal of a closed terminal, where there is one and `nohup` does not have it ignored."""
    number = getattr(signal, "SIGHUP", None)
    return () if number is None or signal.getsignal(number) is signal.SIG_IGN else (number,)


class StopRequest:
    """Remembers that Ctrl-C or SIGTERM came, or that the terminal was closed.

    Args:
        told: Called at the first signal, in a thread of its own, with whether a step is finished first.
        give_up: Called in that thread before the process ends, where the main thread is stuck in a long call.
    """

    def __init__(
        self, told: Callable[[bool], None] = lambda _: None, give_up: Callable[[], None] = lambda: None
    ) -> None:
        self.received = False
        self._told = told
        self._give_up = give_up
        self._loses_nothing = False  # whether the main thread may be interrupted where it is
        self._may_leave = False  # whether even the process may end there
        self._over = threading.Event()

    @contextlib.contextmanager
    def at_once(self, may_leave: bool = True) -> Generator[None, None, None]:
        """Let a signal end the block by a `KeyboardInterrupt`, for what loses nothing: loading, compiling, evaluating.

        Args:
            may_leave: Whether the process may end where the block is stuck in a long call: nothing is unsaved.

        Raises:
            KeyboardInterrupt: Also where the signal came before the block.
        """
        before = self._loses_nothing, self._may_leave
        self.expect(True, may_leave)
        try:
            yield
        finally:
            self._loses_nothing, self._may_leave = before

    def expect(self, loses_nothing: bool, may_leave: bool = True) -> None:
        """Say whether a signal may interrupt what comes next; see `at_once`.

        Raises:
            KeyboardInterrupt: When it may, and has come already; what follows is then not interrupted.
        """
        if loses_nothing and self.received:
            raise KeyboardInterrupt
        self._loses_nothing, self._may_leave = loses_nothing, loses_nothing and may_leave

    @contextlib.contextmanager
    def listening(self) -> Generator[None, None, None]:
        """Catch SIGINT, SIGTERM and SIGHUP until the block ends; a second of the first two interrupts at once."""

        def note(number: int, frame: FrameType | None) -> None:
            del frame
            again = self.received and number in ASKING  # a terminal that is closed may say so twice
            self.received = True
            if again or self._loses_nothing:
                raise KeyboardInterrupt

        if threading.current_thread() is not threading.main_thread():  # Python lets no other thread listen
            yield
            return
        before = {number: signal.signal(number, note) for number in (*ASKING, *closing())}
        hears, tells = socket.socketpair()
        tells.setblocking(False)
        woken = signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
        watcher = threading.Thread(target=self._watch, args=[hears, set(before)], daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)
            tells.close()  # ends the watcher's reading
            watcher.join()
            hears.close()

    def _watch(self, hears: socket.socket, awaited: set[int]) -> None:
        """Answer the first signal at once, also while the main thread is in a call that Python cannot interrupt."""
        while number := hears.recv(1):
            if number[0] in awaited:
                break
        else:
            return
        self._told(not self._loses_nothing)
        while not self._over.wait(STUCK_AFTER_S):
            if self._may_leave:
                self._leave()

    def _leave(self) -> NoReturn:
        """End the process from the watcher's thread."""
        try:
            self._give_up()
        finally:
            os._exit(INTERRUPTED)
