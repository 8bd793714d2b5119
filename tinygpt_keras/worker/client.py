"""The client of the worker process: it sends requests and hands on the answers, without TensorFlow."""

import asyncio
import contextlib
import itertools
import sys
import tempfile
import typing
from collections.abc import Sequence
from typing import Self

import msgspec

from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.worker import protocol
from tinygpt_keras.worker.lines import lines_of
from tinygpt_keras.worker.protocol import Answer, AnyAnswer, Cancel, Failed, Final, Ready, Request, encode, parse_answer

F = typing.TypeVar("F", bound=Final)
COMMAND = (sys.executable, "-m", "tinygpt_keras.worker")
LOG_LINES = 20  # kept of the log of a worker that died
FAREWELL_S = 1.0  # for a worker to exit after it has closed its output


class WorkerStopped(TinyGPTError):  # noqa: N818 - an event, as StopIteration is
    """The worker process is gone.

    Args:
        message: What happened and what to do.
        log: The last lines of the worker's standard error.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class Exchange:
    """A request and its answers, to be read once with `async for` or `result`.

    Args:
        client: The client that sent it.
        number: The request's id.
    """

    def __init__(self, client: "Client", number: int) -> None:
        self.id = number
        self._client = client
        self._cancelled = False
        self._answers: asyncio.Queue[Answer | TinyGPTError] = asyncio.Queue()
        self._outcome: Final | TinyGPTError | None = None

    def cancel(self) -> None:
        """Ask for an early end; nothing happens once the request has ended."""
        if not self._cancelled:
            self._cancelled = True
            self._client.cancel(self)

    def take(self, answer: Answer | TinyGPTError) -> None:
        """Queue an answer, or the failure that ends the request."""
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
        if isinstance(answer, Final):
            self._outcome = answer
        return answer

    async def result(self, kind: type[F]) -> F:
        """Read the remaining answers and return the last.

        Args:
            kind: The type of the last answer to this request.

        Returns:
            The last answer.

        Raises:
            TinyGPTError: When the request failed or was cancelled before it began.
            WorkerStopped: When the worker process has ended.
        """
        async for _ in self:
            pass
        if isinstance(self._outcome, TinyGPTError):
            raise self._outcome
        if not isinstance(self._outcome, kind):
            raise TinyGPTError(f"the worker answered {type(self._outcome).__name__}, not {kind.__name__}. Ask again.")
        return self._outcome


class Client:
    """Runs one worker process; a client cannot be started twice.

    Args:
        command: The worker's command line; the package's own worker when `None`.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command or COMMAND)
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._exchanges: dict[int, Exchange] = {}
        self._started = asyncio.Event()  # or failed to
        self._is_ready = self._is_closing = False
        self._failure: WorkerStopped | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the worker has loaded its libraries."""
        return self._is_ready and self.is_running

    @property
    def is_running(self) -> bool:
        """Whether requests can be sent."""
        alive = self._process is not None and self._process.returncode is None
        return alive and not self._is_closing and self._failure is None

    async def start(self) -> None:
        """Start the worker in a session of its own, so that Ctrl-C does not reach it.

        Cancelling the caller does not cancel the start; `close` ends the worker.

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
                # In append mode, reading does not move the worker's write position.
                self._log = failing.enter_context(tempfile.TemporaryFile("a+b", prefix="tinygpt-worker-"))
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=pipe,
                    stdout=pipe,
                    stderr=self._log,
                    limit=protocol.LONGEST_ANSWER,
                    start_new_session=True,
                )
            except OSError as error:
                reason = f"{self._command[0]} could not be started: {error.strerror or error}. Check the installation."
                self._fail(WorkerStopped(reason))
                raise WorkerStopped(reason) from None
            failing.pop_all()  # from here on `close` closes the log
        self._reader = asyncio.create_task(self._read(self._process), name="worker answers")
        if self._is_closing:
            kill(self._process)

    def request(self, request: Request) -> Exchange:
        """Send a request; one sent before the worker is ready waits for it.

        Args:
            request: The request; its id is set here.

        Returns:
            The exchange, whose answers come in while the event loop runs.

        Raises:
            WorkerStopped: When there is no worker process.
        """
        if not self.is_running:
            raise self._failure or WorkerStopped("the worker process is not running. Start it first.")
        exchange = Exchange(self, next(self._numbers))
        self._exchanges[exchange.id] = exchange
        self._send(msgspec.structs.replace(request, id=exchange.id))
        return exchange

    def cancel(self, exchange: Exchange) -> None:
        """Ask the worker to end a request early, unless it or the worker has ended."""
        if self.is_running and exchange.id in self._exchanges:
            self._send(Cancel(id=next(self._numbers), request=exchange.id))

    async def wait_ready(self) -> None:
        """Wait until the worker is ready.

        Raises:
            WorkerStopped: When it ends before it is ready.
        """
        await self._started.wait()
        if self._failure is not None:
            raise self._failure

    async def wait_stopped(self) -> WorkerStopped:
        """Wait until the worker ends by itself; `close` cancels the wait.

        Returns:
            The reason.
        """
        return await asyncio.shield(self._stopped)

    async def close(self, patience_s: float = 2.0) -> None:
        """End the worker; further calls do nothing.

        Args:
            patience_s: Seconds that it may take before it is killed.
        """
        if self._starting is None:
            return
        self._is_closing = True
        await asyncio.wait({self._starting})
        if not self._starting.cancelled():
            self._starting.exception()  # retrieved, or asyncio would log it; `start` has raised it
        if self._process is None:
            return
        self._stopped.cancel()
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
            await asyncio.wait({self._reader}, timeout=patience_s)
        finally:
            kill(self._process)
            await asyncio.wait({self._reader})  # awaited directly, it would be cancelled with this call
            self._log.close()

    def _send(self, request: Request) -> None:
        """Write a request; the event loop sends it as fast as the worker reads."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(encode(request))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand on answers until the worker ends, then fail the open exchanges."""
        assert process.stdout is not None
        async for line in lines_of(process.stdout):
            if line is None:
                self._give_up()
            elif (answer := parse_answer(line)) is not None:
                self._receive(answer)
        try:
            status = await asyncio.wait_for(process.wait(), FAREWELL_S)
        except TimeoutError:
            kill(process)
            status = await process.wait()
        self._end(status)

    def _give_up(self) -> None:
        """Fail and cancel the open exchanges, because the answer to one of them was too long to be read."""
        for exchange in self._exchanges.values():
            self.cancel(exchange)
            most = f"{protocol.LONGEST_ANSWER:,} bytes"
            exchange.take(TinyGPTError(f"the worker's answer has more than {most}. Ask for less."))
        self._exchanges.clear()

    def _receive(self, answer: AnyAnswer) -> None:
        """Hand an answer to its exchange."""
        if isinstance(answer, Ready):
            self._is_ready = True
            self._started.set()
            return
        exchange = self._exchanges.get(answer.id) if answer.id is not None else None
        if exchange is None:
            return
        if isinstance(answer, Final | Failed):
            del self._exchanges[exchange.id]
        exchange.take(TinyGPTError(answer.message) if isinstance(answer, Failed) else answer)

    def _end(self, status: int) -> None:
        """Fail the open exchanges with the exit status of the worker."""
        if self._is_closing:
            self._fail(WorkerStopped("the worker process was closed. Start another."))
        else:
            how = f"with status {status}" if status >= 0 else f"by signal {-status}"
            self._fail(WorkerStopped(f"the worker process ended {how}. Start another.", self._last_lines()))

    def _fail(self, failure: WorkerStopped) -> None:
        """Fail the open exchanges and wake all who wait for the worker."""
        self._failure = failure
        self._started.set()
        if not self._stopped.done():
            self._stopped.set_result(failure)
        for exchange in self._exchanges.values():
            exchange.take(failure)
        self._exchanges.clear()

    def _last_lines(self) -> str:
        """Return the end of the worker's log."""
        self._log.seek(0)
        return "\n".join(self._log.read().decode("utf-8", "replace").splitlines()[-LOG_LINES:])


def kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process unless it has ended."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
