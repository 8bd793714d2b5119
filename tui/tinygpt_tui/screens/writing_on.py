"""Writing on from a character that the reader took."""

from collections.abc import Callable

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.text.pairs import START
from tinygpt_keras.worker.client import Exchange
from tinygpt_keras.worker.protocol import Piece, Write
from tinygpt_tui.host import Worker
from tinygpt_tui.looking.versions import Version
from tinygpt_tui.runs.choices import Choice


class Writer:
    """Requests continuations from the worker, one text at a time."""

    def __init__(self) -> None:
        self._exchange: Exchange | None = None
        self._turn = 0  # a text that was begun before the last stop writes no more
        self.is_writing = False

    def stop(self) -> None:
        """Stop writing; what is written stays."""
        self._turn += 1
        self.is_writing = False
        if self._exchange is not None:
            self._exchange.cancel()
            self._exchange = None

    async def write(
        self,
        worker: Worker,
        choice: Choice,
        version: Version,
        options: SamplingOptions,
        shown: Callable[[], None],
        source: str = "",
    ) -> None:
        """Continue a version of a text.

        Args:
            worker: The worker process.
            choice: The model that writes.
            version: The text; it grows.
            options: The settings of sampling.
            shown: Called after every change.
            source: What the text replies to.

        Raises:
            TinyGPTError: When the worker fails.
        """
        self.stop()
        turn, self.is_writing = self._turn, True
        try:
            prompt, written = (source, version.text.removeprefix(START)) if source else (version.text, "")
            request = Write(run=choice.path, step=choice.step, prompt=prompt, written=written, options=options)
            exchange = await worker.request(request)
            if turn != self._turn:
                exchange.cancel()
            else:
                self._exchange = exchange
            async for answer in exchange:
                if isinstance(answer, Piece) and turn == self._turn:
                    version.text += answer.text
                    shown()
        except TinyGPTError:
            if turn == self._turn:
                raise
        finally:
            if turn == self._turn:
                self.is_writing, self._exchange = False, None
