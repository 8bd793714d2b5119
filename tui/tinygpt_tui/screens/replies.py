"""The replies in progress: their requests, and their text as it streams in."""

import asyncio

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.text.tokenizer import unfamiliar_notice
from tinygpt_keras.worker.client import Request, WorkerStopped
from tinygpt_tui.chat.conversation import Turn
from tinygpt_tui.host import Worker
from tinygpt_tui.widgets.column import Column

KNOBS = ("max_new", "temperature", "top_k", "top_p")


class Replies:
    """The replies that models are writing."""

    def __init__(self) -> None:
        self.asking: list[asyncio.Task[Request]] = []
        """For each unfinished reply, the task that waits for a worker and returns the request."""
        self.writing = 0
        """How many replies have been asked for and have not ended."""

    @property
    def requests(self) -> list[Request]:
        """The requests that were sent to a worker."""
        asked = (asking for asking in self.asking if asking.done() and not asking.cancelled())
        return [asking.result() for asking in asked if asking.exception() is None]

    def stop(self) -> None:
        """Cancel all replies."""
        for request in self.requests:
            request.cancel()
        for asking in self.asking:
            asking.cancel()

    async def write(
        self,
        worker: Worker,
        column: Column,
        options: SamplingOptions,
        seed: int,
        answerer: str,
        old: Turn | None = None,
    ) -> None:
        """Stream one model's reply into its column.

        Args:
            worker: The process that holds the model.
            column: The model's column, which shows the reply.
            options: Sampling options; their seed is not used.
            seed: The seed of the reply.
            answerer: The name of the next speaker; the model chooses when empty.
            old: The turn that the reply replaces; restored when nothing is written.

        Raises:
            TinyGPTError: When the model cannot reply.
        """
        choice, talk = column.choice, column.conversation
        assert choice is not None
        asked = {"run": choice.path, "step": choice.step, "prompt": talk.context(answerer), "stops": talk.stops()}
        knobs = {name: getattr(options, name) for name in KNOBS}
        turn = talk.begin_reply(answerer, choice.label)
        untouched, words = turn.text, "nothing was written"
        column.transcript.add(turn)
        asking = asyncio.create_task(worker.request("write", **asked, options={**knobs, "seed": seed}))
        self.asking.append(asking)
        try:
            async for answer in await asking:
                if answer["event"] == "piece":
                    turn.text += answer["text"]
                    column.dirty = True
                elif turn.text != untouched:
                    words = f"seed {seed}" + (", stopped" if answer["cancelled"] else "")
                    if (dropped := answer["dropped"]).strip():  # nobody misses white space
                        words += f"; {unfamiliar_notice(dropped)}"
        except WorkerStopped:
            words = "the process that holds the model has ended"  # a dialog shows the details
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if not asking.cancelled() or (this is not None and this.cancelling()):
                raise  # this task was cancelled too, not only the request
        finally:
            self.writing -= 1
            self.asking.remove(asking)
            if turn.text == untouched:
                kept = [other for other in talk.turns if other is not turn]
                talk.turns[:] = [*kept, old] if old is not None else kept
                column.show()
            if column.conversation is talk:
                column.describe(words)
            column.dirty = True
            column.flush()
