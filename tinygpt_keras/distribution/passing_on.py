"""Signals of the process that a user started, passed on to the one that does the work."""

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType
from typing import Protocol


class Receiver(Protocol):
    """A process that takes signals."""

    def send(self, number: int) -> None:
        """Send it a signal."""
        ...


class Signals:
    """The signals that ask this process to stop, and the process that takes them, if one runs."""

    def __init__(self) -> None:
        self.came = False
        self.receiver: Receiver | None = None

    def take(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        del frame
        self.came = True
        if self.receiver is not None:
            self.receiver.send(number)


@contextlib.contextmanager
def passing_on() -> Generator[Signals, None, None]:
    """Pass on to a process what asks this one to stop, in the block; outside the main thread handle nothing.

    Yields:
        Where to name that process.
    """
    signals = Signals()
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    asking = [number for name in names if (number := getattr(signal, name, None))]
    heard = [number for number in asking if signal.getsignal(number) is not signal.SIG_IGN]  # as with `nohup`
    before = {number: signal.signal(number, signals.take) for number in heard}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
