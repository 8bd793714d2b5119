"""Stopping when asked to: the step is finished, the run saved, and the exit status says 130."""

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType

ASKING = (signal.SIGINT, signal.SIGTERM)


def closing() -> tuple[int, ...]:
    """Give the signal of a closed terminal, where there is one and `nohup` does not have it ignored."""
    number = getattr(signal, "SIGHUP", None)
    return () if number is None or signal.getsignal(number) is signal.SIG_IGN else (number,)


class StopRequest:
    """Remembers that Ctrl-C or SIGTERM came, or that the terminal was closed."""

    def __init__(self) -> None:
        self.received = False

    @contextlib.contextmanager
    def listening(self) -> Generator[None, None, None]:
        """Catch SIGINT, SIGTERM and SIGHUP until the block ends; a second of the first two interrupts at once."""

        def note(number: int, frame: FrameType | None) -> None:
            del frame
            if self.received and number in ASKING:  # a terminal that is closed may say so twice
                raise KeyboardInterrupt
            self.received = True

        if threading.current_thread() is not threading.main_thread():  # Python lets no other thread listen
            yield
            return
        before = {number: signal.signal(number, note) for number in (*ASKING, *closing())}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
