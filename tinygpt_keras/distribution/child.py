"""One process of a run, seen by the one that started it."""

import functools
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tinygpt_keras.config.fields import flag_name
from tinygpt_keras.config.processes import ProcessOptions
from tinygpt_keras.distribution.joining import LOST

LONGEST = 300  # characters of an error that is passed on


class Child:
    """A process of the run.

    Args:
        options: With its number and the address where all meet.
        command: The arguments of `train`.
        shares_terminal: Whether its messages go to standard error though it is not the first.
    """

    def __init__(self, options: ProcessOptions, command: Sequence[str], shares_terminal: bool) -> None:
        self.options = options
        self.number = options.process_id or 0
        self._met, met = os.pipe()
        is_seen = self.number == 0 or shares_terminal
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 closed by `kill`
        own = [f"{flag_name(name)}={getattr(options, name)}" for name in ("coordinator", "process_id", "processes")]
        own += [f"{flag_name(name)}={getattr(options, name)}" for name in ("heartbeat", "join_timeout")]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tinygpt_keras.member", str(met), *command, *own],
                stdin=None if self.number == 0 else subprocess.DEVNULL,
                stdout=None if self.number == 0 else subprocess.DEVNULL,
                stderr=None if is_seen else self._words,
                pass_fds=[met],
                env={**os.environ, "KERAS_BACKEND": "jax"},
                # A signal of the terminal comes to the launcher alone, which passes it on to the first.
                process_group=0,
            )
        finally:
            os.close(met)

    def status(self) -> int | None:
        """Return the exit status, negative for a signal; `None` while it runs."""
        return self._process.poll()

    def is_lost(self) -> bool:
        """Whether it ended because of itself being killed or of another process, and not with a result of its own."""
        status = self.status()
        return status is not None and (status < 0 or status == LOST)

    def killed_by(self) -> str:
        """Return the name of the signal that ended it, unless that is JAX's abort for the loss of another one."""
        status = self.status() or 0
        if status >= 0 or status == -signal.SIGABRT:
            return ""
        return signal.Signals(-status).name

    @functools.cached_property
    def has_met(self) -> bool:
        """Whether it had met all others; to be asked once it has ended."""
        with os.fdopen(os.dup(self._met), "rb") as pipe:
            return bool(pipe.read())

    def last_error(self) -> str:
        """Return the last line that it wrote to a standard error that is not shown."""
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return f" ({lines[-1][:LONGEST]})" if lines else ""

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self._process.kill()
        self._process.wait()
        os.close(self._met)
        self._words.close()
