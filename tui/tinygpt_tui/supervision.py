"""The worker process of the application, restarted on request when it has died."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tinygpt_keras.worker.client import Client, Exchange, WorkerStopped
from tinygpt_keras.worker.protocol import Request


class Supervisor:
    """Keeps one worker process running.

    Args:
        command: The worker's command; the package's own by default.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = command
        self._client: Client | None = None
        self._there = asyncio.Event()  # set once there is a worker, or there will be none
        self.given_up = False
        """Whether the worker has ended and the user declined a restart."""

    @property
    def is_ready(self) -> bool:
        """Whether the worker has started up and can answer now."""
        return self._client is not None and self._client.is_ready

    async def run(self, ask: Callable[[WorkerStopped], Awaitable[bool | None]]) -> None:
        """Run a worker; whenever it dies, ask whether to restart it, and return when that is declined.

        Args:
            ask: Takes the reason why the worker ended; returns whether to restart it.
        """
        self.given_up = False
        self._there.clear()
        again: bool | None = True
        while again:
            self._client = Client(self._command)
            try:
                await self._client.start()
                self._there.set()
                stopped = await self._client.wait_stopped()
            except WorkerStopped as error:
                stopped = error
            self._there.clear()
            await self._client.close()
            again = await ask(stopped)
        self.given_up = True
        self._there.set()

    async def request(self, request: Request) -> Exchange:
        """Send the worker a request, as soon as one is ready.

        Args:
            request: The request.

        Returns:
            The exchange.

        Raises:
            WorkerStopped: When the worker has ended.
        """
        await self._there.wait()
        if self._client is None or self.given_up:
            raise WorkerStopped("the worker process has ended. Start it again: ^p, then worker.")
        await self._client.wait_ready()  # wait here, so that the caller can still be cancelled
        return self._client.request(request)

    async def close(self) -> None:
        """End the worker process."""
        if self._client is not None:
            await self._client.close()
