"""The replies that models are writing: the request of each, and its text as it comes."""

import asyncio
from dataclasses import dataclass

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.text.pairs import cut_notice
from tinygpt_keras.text.tokenizer import unfamiliar_notice
from tinygpt_keras.worker.client import Exchange, WorkerStopped
from tinygpt_keras.worker.protocol import Piece, Write, Written
from tinygpt_tui.chat.conversation import Conversation, Turn
from tinygpt_tui.host import Worker
from tinygpt_tui.widgets.column import Column


@dataclass
class Reply:
    """A reply that has not ended."""

    column: Column
    """Shows it."""
    talk: Conversation
    turn: Turn
    """Holds its text."""
    old: Turn | None
    """The turn that it replaces, which comes back when nothing is written."""
    asking: asyncio.Task[Exchange]
    """Waits for a worker, then sends the request."""

    @property
    def is_empty(self) -> bool:
        """Whether the model has written nothing yet."""
        return len(self.turn.text) == self.turn.given


class Replies:
    """The replies of all columns."""

    def __init__(self) -> None:
        self.open: list[Reply] = []
        """The replies that have not ended."""

    @property
    def exchanges(self) -> list[Exchange]:
        """The requests that the worker has received."""
        asked = (reply.asking for reply in self.open if reply.asking.done() and not reply.asking.cancelled())
        return [asking.result() for asking in asked if asking.exception() is None]

    def stop(self) -> None:
        """Stop all replies."""
        for exchange in self.exchanges:
            exchange.cancel()
        for reply in self.open:
            reply.asking.cancel()

    def begin(
        self, worker: Worker, column: Column, options: SamplingOptions, answerer: str, old: Turn | None = None
    ) -> Reply:
        """Request a reply and add its turn to the conversation.

        Args:
            worker: Holds the model.
            column: The model's column.
            options: The sampling options, with a seed.
            answerer: The name of the speaker; the model chooses when empty.
            old: The turn that the reply replaces.

        Returns:
            The reply, to be passed to `read`.
        """
        choice, talk = column.choice, column.conversation
        assert choice is not None
        prompt, stops = talk.context(answerer), talk.stops()
        request = Write(run=choice.path, step=choice.step, prompt=prompt, options=options, stops=stops)
        turn = talk.begin_reply(answerer, choice.label)
        column.transcript.add(turn)
        asking = asyncio.create_task(worker.request(request))
        reply = Reply(column, talk, turn, old, asking)
        self.open.append(reply)
        return reply

    async def read(self, reply: Reply) -> None:
        """Read a reply until it ends.

        Raises:
            TinyGPTError: When the model cannot write it.
        """
        column, turn, asking = reply.column, reply.turn, reply.asking
        words = "nothing was written"
        try:
            async for answer in await asking:
                if isinstance(answer, Piece):
                    turn.text += answer.text
                    column.dirty = True
                elif isinstance(answer, Written) and not reply.is_empty:
                    words = ending(answer)
        except WorkerStopped:
            words = "the process that holds the model has ended"  # a dialog tells more
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if not asking.cancelled() or (this is not None and this.cancelling()):
                raise  # more than the request was cancelled
        finally:
            self.open.remove(reply)
            if reply.is_empty:
                kept = [other for other in reply.talk.turns if other is not turn]
                reply.talk.turns[:] = [*kept, reply.old] if reply.old is not None else kept
                column.show()
            if column.conversation is reply.talk:
                column.describe(words)
            column.dirty = True
            column.flush()


def ending(answer: Written) -> str:
    """Return the line that describes a complete reply."""
    words = [f"seed {answer.seed}" + (", stopped" if answer.cancelled else "")]
    if answer.dropped.strip():  # nobody misses white space
        words.append(unfamiliar_notice(answer.dropped))
    if answer.cut:
        words.append(cut_notice(answer.cut))
    return "; ".join(words)
