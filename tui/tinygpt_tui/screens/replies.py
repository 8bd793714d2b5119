"""The replies that are being written: what a model is asked, and its text as it comes."""

import asyncio

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.text.tokenizer import unfamiliar_notice
from tinygpt_keras.worker.client import Request, WorkerStopped
from tinygpt_tui.chat.conversation import Turn
from tinygpt_tui.host import Worker
from tinygpt_tui.widgets.column import Column

KNOBS = ("max_new", "temperature", "top_k", "top_p")


class Replies:
    """What the columns are being written now."""

    def __init__(self) -> None:
        self.asking: list[asyncio.Task[Request]] = []
        """Of each reply that has not ended, what waits for a worker and then gives the request."""
        self.writing = 0
        """Replies that were asked for and have not ended."""

    @property
    def requests(self) -> list[Request]:
        """The requests that a worker has got."""
        asked = (asking for asking in self.asking if asking.done() and not asking.cancelled())
        return [asking.result() for asking in asked if asking.exception() is None]

    def stop(self) -> None:
        """End them all."""
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
        """Take in one model's reply as it comes.

        Args:
            worker: Holds the model.
            column: The model's; it shows the reply.
            options: The knobs.
            seed: The number that the reply follows from.
            answerer: Who speaks; the model chooses when empty.
            old: What the reply stands for, which comes back when nothing is written.

        Raises:
            TinyGPTError: When the model cannot.
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
                    if (dropped := answer["dropped"]).strip():  # white space is nothing that one would miss
                        words += f"; {unfamiliar_notice(dropped)}"
        except WorkerStopped:
            words = "the process that holds the model has ended"  # a dialog says the rest
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if not asking.cancelled() or (this is not None and this.cancelling()):
                raise  # it is not the asking alone that was stopped
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
