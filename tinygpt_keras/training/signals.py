"""Stopping when asked to: the step is finished, the run saved, and the exit status says 130."""

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType


class StopRequest:
    """Remembers that Ctrl-C or SIGTERM came."""

    def __init__(self) -> None:
        self.received = False

    @contextlib.contextmanager
    def listening(self) -> Generator[None, None, None]:
        """Catch SIGINT and SIGTERM until the block ends; a second one interrupts at once."""

        def note(number: int, frame: FrameType | None) -> None:
            del number, frame
            if self.received:
                raise KeyboardInterrupt
            self.received = True

        if threading.current_thread() is not threading.main_thread():  # Python lets no other thread listen
            yield
            return
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
