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


@contextlib.contextmanager
def passing_on(receiver: Receiver) -> Generator[None, None, None]:
    """Pass on to a process what asks this one to stop, in the block; outside the main thread do nothing."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        receiver.send(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    asking = [number for name in names if (number := getattr(signal, name, None))]
    heard = [number for number in asking if signal.getsignal(number) is not signal.SIG_IGN]  # as with `nohup`
    before = {number: signal.signal(number, pass_on) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
