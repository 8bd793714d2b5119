"""Graceful stop on a signal: training finishes its step and saves; anything else ends within seconds.

Here the request is only recorded. `callbacks/steps.py` ends `fit` after the step, `callbacks/checkpointing.py` saves,
and `train.py` prints the command that resumes the run. A second signal interrupts at once, without saving.
"""

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
# Compiling with XLA and importing TensorFlow block for many seconds, during which Python handles no signal.
STUCK_AFTER_S = 3.0


def closing() -> tuple[int, ...]:
    """Return SIGHUP, sent when the terminal closes; nothing where the platform lacks it or `nohup` ignores it."""
    number = getattr(signal, "SIGHUP", None)
    return () if number is None or signal.getsignal(number) is signal.SIG_IGN else (number,)


class StopRequest:
    """Records a request to stop: Ctrl-C, SIGTERM or a closed terminal.

    Args:
        told: Called at the first signal, in a watcher thread, with whether the current step is finished first.
        give_up: Called in that thread before it ends the process, if the main thread is stuck in a long call.
    """

    def __init__(
        self, told: Callable[[bool], None] = lambda _: None, give_up: Callable[[], None] = lambda: None
    ) -> None:
        self.received = False
        self._told = told
        self._give_up = give_up
        self._loses_nothing = False  # whether a signal may interrupt the main thread here
        self._may_leave = False  # whether the watcher may end the process here
        self._over = threading.Event()

    @contextlib.contextmanager
    def at_once(self, may_leave: bool = True) -> Generator[None, None, None]:
        """Raise `KeyboardInterrupt` on a signal in a block that has no work to lose: loading, compiling, evaluating.

        Args:
            may_leave: Whether the process may end while the block is stuck in a long call, as nothing is unsaved.

        Raises:
            KeyboardInterrupt: On a signal; also if it came before the block.
        """
        before = self._loses_nothing, self._may_leave
        self.expect(True, may_leave)
        try:
            yield
        finally:
            self._loses_nothing, self._may_leave = before

    def expect(self, loses_nothing: bool, may_leave: bool = True) -> None:
        """Set whether a signal may interrupt the code that follows; see `at_once`.

        Raises:
            KeyboardInterrupt: When it may and a signal has already come; the setting then stays as it was.
        """
        if loses_nothing and self.received:
            raise KeyboardInterrupt
        self._loses_nothing, self._may_leave = loses_nothing, loses_nothing and may_leave

    @contextlib.contextmanager
    def listening(self) -> Generator[None, None, None]:
        """Handle SIGINT, SIGTERM and SIGHUP in the block; a second SIGINT or SIGTERM interrupts at once."""

        def note(number: int, frame: FrameType | None) -> None:
            del frame
            again = self.received and number in ASKING  # a closed terminal may send SIGHUP twice
            self.received = True
            if again or self._loses_nothing:
                raise KeyboardInterrupt

        if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
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
            tells.close()  # ends the watcher's `recv`
            watcher.join()
            hears.close()

    def _watch(self, hears: socket.socket, awaited: set[int]) -> None:
        """Report the first signal at once, even while the main thread is in a call that Python cannot interrupt."""
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
        """End the process from the watcher thread."""
        try:
            self._give_up()
        finally:
            os._exit(INTERRUPTED)
