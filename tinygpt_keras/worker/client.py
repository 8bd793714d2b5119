"""The worker process as its parent sees it: requests out, answers in, and no TensorFlow on this side."""

import asyncio
import contextlib
import itertools
import json
import sys
import tempfile
import typing
from collections.abc import Sequence
from typing import Any, Self

from tinygpt_keras.errors import TinyGPTError

Answer = dict[str, Any]
COMMAND = (sys.executable, "-m", "tinygpt_keras.worker")
LONGEST_ANSWER = 2**24  # bytes in a line
LOG_LINES = 20  # of a worker's last words
FAREWELL_S = 1.0  # for a worker that has closed its output to end


class WorkerStopped(TinyGPTError):  # noqa: N818 - it tells what happened, as StopIteration does
    """The worker process is gone.

    Args:
        message: What happened and what to do.
        log: The last lines of the worker's standard error.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class Request:
    """One request and the answers to it, to be read once with `async for` or `result`.

    Args:
        client: Whose worker was asked.
        number: The request's id.
    """

    def __init__(self, client: "Client", number: int) -> None:
        self.id = number
        self._client = client
        self._cancelled = False
        self._answers: asyncio.Queue[Answer | TinyGPTError] = asyncio.Queue()
        self._outcome: Answer | TinyGPTError | None = None

    def cancel(self) -> None:
        """Ask for an early end; the last answer then says `cancelled`. Needless once it has ended."""
        if not self._cancelled:
            self._cancelled = True
            self._client.cancel(self)

    def take(self, answer: Answer | TinyGPTError) -> None:
        """Keep an answer, or the failure that ends the request, until it is read."""
        self._answers.put_nowait(answer)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Answer:
        if self._outcome is not None:
            raise StopAsyncIteration
        answer = await self._answers.get()
        if isinstance(answer, TinyGPTError):
            self._outcome = answer
            raise answer
        if answer["event"] == "done":
            self._outcome = answer
        return answer

    async def result(self) -> Answer:
        """Read what answers are left.

        Returns:
            The last answer.

        Raises:
            TinyGPTError: When the worker could not do it.
            WorkerStopped: When the worker is gone.
        """
        async for _ in self:
            pass
        if isinstance(self._outcome, TinyGPTError):
            raise self._outcome
        return typing.cast(Answer, self._outcome)


class Client:
    """Runs one worker process; after that has stopped, another client runs another.

    Args:
        command: How the worker is started.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command or COMMAND)
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._requests: dict[int, Request] = {}
        self._started = asyncio.Event()  # or failed to
        self._is_ready = self._is_closing = False
        self._failure: WorkerStopped | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the worker has loaded its libraries and serves."""
        return self._is_ready and self.is_running

    @property
    def is_running(self) -> bool:
        """Whether there is a worker to send requests to."""
        alive = self._process is not None and self._process.returncode is None
        return alive and not self._is_closing and self._failure is None

    async def start(self) -> None:
        """Start the worker; it gets a session of its own, so that Ctrl-C does not reach it.

        Who waits for this may be cancelled, as whoever quits at once is: the start goes on, for `close` to end.

        Raises:
            WorkerStopped: When it cannot be started.
        """
        self._stopped: asyncio.Future[WorkerStopped] = asyncio.get_running_loop().create_future()
        self._starting = asyncio.create_task(self._start(), name="worker start")
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        """Start the process and read its answers."""
        pipe = asyncio.subprocess.PIPE
        with contextlib.ExitStack() as failing:
            try:
                # Opened for appending, so that reading it does not move the place where the worker writes.
                self._log = failing.enter_context(tempfile.TemporaryFile("a+b", prefix="tinygpt-worker-"))
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=pipe,
                    stdout=pipe,
                    stderr=self._log,
                    limit=LONGEST_ANSWER,
                    start_new_session=True,
                )
            except OSError as error:
                reason = f"{self._command[0]} could not be started: {error.strerror or error}. Check the installation."
                self._fail(WorkerStopped(reason))
                raise WorkerStopped(reason) from None
            failing.pop_all()  # from here on it is `close` that closes the log
        self._reader = asyncio.create_task(self._read(self._process), name="worker answers")
        if self._is_closing:
            kill(self._process)

    def request(self, do: str, **fields: Any) -> Request:
        """Send a request at once; one sent before the worker is ready waits for it.

        Args:
            do: What to do, such as `write`.
            **fields: What the request says besides.

        Returns:
            The request, whose answers come in while the event loop runs.

        Raises:
            WorkerStopped: When there is no worker to send it to.
        """
        if not self.is_running:
            raise self._failure or WorkerStopped("the worker process is not running. Start it first.")
        request = Request(self, next(self._numbers))
        self._requests[request.id] = request
        self._send({"id": request.id, "do": do, **fields})
        return request

    def cancel(self, request: Request) -> None:
        """Ask the worker to end a request early, unless either has ended already."""
        if self.is_running and request.id in self._requests:
            self._send({"id": next(self._numbers), "do": "cancel", "request": request.id})

    async def wait_ready(self) -> None:
        """Wait until the worker serves.

        Raises:
            WorkerStopped: When it ends before.
        """
        await self._started.wait()
        if self._failure is not None:
            raise self._failure

    async def wait_stopped(self) -> WorkerStopped:
        """Wait until a worker that was started ends unasked; `close` cancels whoever waits.

        Returns:
            What happened to it.
        """
        return await asyncio.shield(self._stopped)

    async def close(self, patience_s: float = 2.0) -> None:
        """End the worker, however little it wants to; needless calls do nothing.

        Args:
            patience_s: How long it may take over its end before it is killed.
        """
        if self._starting is None:
            return
        self._is_closing = True
        await asyncio.wait({self._starting})
        if not self._starting.cancelled():
            self._starting.exception()  # whoever waited for the start was told
        if self._process is None:
            return
        self._stopped.cancel()
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
            await asyncio.wait({self._reader}, timeout=patience_s)
        finally:
            kill(self._process)
            await asyncio.wait({self._reader})  # awaited itself, it would be cancelled with whoever waits
            self._log.close()

    def _send(self, request: dict[str, Any]) -> None:
        """Hand a line to the event loop, which writes it as fast as the worker reads."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand answers on until the worker ends, then tell everyone who waits."""
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than any answer; the stream has dropped it
                continue
            if not line:
                break
            self._receive(parse_answer(line))
        try:
            status = await asyncio.wait_for(process.wait(), FAREWELL_S)
        except TimeoutError:
            kill(process)
            status = await process.wait()
        self._end(status)

    def _receive(self, answer: Answer) -> None:
        """Hand one answer to the request that it belongs to."""
        event, number = answer.get("event"), answer.get("id")
        if event == "ready":
            self._is_ready = True
            self._started.set()
        request = self._requests.get(number) if isinstance(number, int) else None
        if request is None or event is None:
            return
        if event in ("done", "error"):
            del self._requests[request.id]
        request.take(TinyGPTError(str(answer.get("message"))) if event == "error" else answer)

    def _end(self, status: int) -> None:
        """Fail whatever still waits for a worker that has ended."""
        if self._is_closing:
            self._fail(WorkerStopped("the worker process was closed. Start another."))
        else:
            how = f"with status {status}" if status >= 0 else f"by signal {-status}"
            self._fail(WorkerStopped(f"the worker process ended {how}. Start another.", self._last_lines()))

    def _fail(self, failure: WorkerStopped) -> None:
        """Tell everyone who waits that there is no worker."""
        self._failure = failure
        self._started.set()
        if not self._stopped.done():
            self._stopped.set_result(failure)
        for request in self._requests.values():
            request.take(failure)
        self._requests.clear()

    def _last_lines(self) -> str:
        """Read the end of the worker's standard error."""
        self._log.seek(0)
        return "\n".join(self._log.read().decode("utf-8", "replace").splitlines()[-LOG_LINES:])


def parse_answer(line: bytes) -> Answer:
    """Read a line of the worker's; one that is no answer gives an empty one."""
    try:
        answer: object = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return typing.cast(Answer, answer) if isinstance(answer, dict) else {}


def kill(process: asyncio.subprocess.Process) -> None:
    """End a process by force, if it has not ended already."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
