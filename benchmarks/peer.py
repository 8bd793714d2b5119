"""Processes that stay warm between questions, so that two sides can be measured in turn."""

import subprocess
import tempfile
import time
from typing import Self

import machine
from processes import kill

SHOWN = 2000  # bytes of a peer's standard error


class Peer:
    """A process that answers each line with a line; a `with` block ends it.

    Args:
        command: The command line.
        variables: The environment, from `processes.environment`.
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
        except BaseException:  # no `with` block has begun that would end it
            kill(self._process)
            self.close()
            raise
        self.about = about.removeprefix("ready").strip()
        self._waiting_since = time.perf_counter(), machine.cpu_s(self._process.pid)
        self._waited_s = self._waited_cpu_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is not None:  # its present answer may take minutes
            kill(self._process)
        self.close()

    def ask(self, *question: object) -> float:
        """Send a question and return the number that the process answers."""
        then, cpu_s = self._waiting_since
        self._waited_s += time.perf_counter() - then
        self._waited_cpu_s += machine.cpu_s(self._process.pid) - cpu_s
        assert self._process.stdin is not None
        print(*question, file=self._process.stdin, flush=True)
        answer = float(self._answer())
        self._waiting_since = time.perf_counter(), machine.cpu_s(self._process.pid)
        return answer

    def waiting_load(self) -> float:
        """Return how much of a core it used between questions, ideally 0."""
        return round(self._waited_cpu_s / max(self._waited_s, 1e-9), 4)

    def close(self) -> None:
        """Wait for the process to end, then kill any children that it left."""
        self._process.communicate()
        kill(self._process)
        self._chatter.close()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if not answer:
            self._chatter.seek(0)
            complaint = self._chatter.read()[-SHOWN:].decode("utf-8", "replace")
            raise RuntimeError(f"{self._process.args} ended without an answer:\n{complaint}")
        return answer
