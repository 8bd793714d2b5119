"""Processes that answer when asked, warm between the questions, so that two sides can be asked in turn."""

import subprocess
import tempfile
import time
from typing import Self

import machine
from processes import kill

SHOWN = 2000  # bytes of what a peer complained about


class Peer:
    """A process that answers a line with a line, and waits in between; a `with` ends it.

    Args:
        command: What starts it.
        variables: Its environment, as `processes.environment` gives it.
    """

    def __init__(self, *command: str, variables: dict[str, str]) -> None:
        quiet = {**variables, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._chatter = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the peer)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._chatter,
            text=True,
            env=quiet,
            start_new_session=True,
        )
        try:
            while not (about := self._answer()).startswith("ready"):
                pass
        except BaseException:  # no `with` has begun that would end it
            kill(self._process)
            self.close()
            raise
        self.about = about.removeprefix("ready").strip()
        self._waiting_since = time.perf_counter(), machine.cpu_s(self._process.pid)
        self._waited_s = self._waited_cpu_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is not None:  # it may be in the middle of an answer that takes minutes
            kill(self._process)
        self.close()

    def ask(self, *question: object) -> float:
        """Ask it to do something, and give the number that it answers."""
        then, cpu_s = self._waiting_since
        self._waited_s += time.perf_counter() - then
        self._waited_cpu_s += machine.cpu_s(self._process.pid) - cpu_s
        assert self._process.stdin is not None
        print(*question, file=self._process.stdin, flush=True)
        answer = float(self._answer())
        self._waiting_since = time.perf_counter(), machine.cpu_s(self._process.pid)
        return answer

    def waiting_load(self) -> float:
        """Say which part of a core it used between the questions, where it should have used none."""
        return round(self._waited_cpu_s / max(self._waited_s, 1e-9), 4)

    def close(self) -> None:
        """Let it end, and end what it may have left."""
        self._process.communicate()
        kill(self._process)
        self._chatter.close()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if not answer:
            self._chatter.seek(0)
            complaint = self._chatter.read()[-SHOWN:].decode("utf-8", "replace")
            raise RuntimeError(f"{self._process.args} has ended without an answer:\n{complaint}")
        return answer
