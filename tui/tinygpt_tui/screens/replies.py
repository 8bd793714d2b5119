"""The replies that are being written: what a model is asked, and its text as it comes."""

from tinygpt_keras.client import Request, WorkerStopped
from tinygpt_keras.config import SamplingOptions
from tinygpt_tui.supervision import Supervisor
from tinygpt_tui.widgets.column import Column

KNOBS = ("max_new", "temperature", "top_k", "top_p")


class Replies:
    """What the columns are being written now."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.writing = 0
        """Replies that were asked for and have not ended."""

    def stop(self) -> None:
        """End them all."""
        for request in self.requests:
            request.cancel()

    async def write(
        self, worker: Supervisor, column: Column, options: SamplingOptions, seed: int, answerer: str
    ) -> None:
        """Take in one model's reply as it comes.

        Args:
            worker: Holds the model.
            column: The model's; it shows the reply.
            options: The knobs.
            seed: The number that the reply follows from.
            answerer: Who speaks; the model chooses when empty.

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
        request: Request | None = None
        try:
            request = await worker.request("write", **asked, options={**knobs, "seed": seed})
            self.requests.append(request)
            async for answer in request:
                if answer["event"] == "piece":
                    turn.text += answer["text"]
                    column.dirty = True
                else:
                    words = f"seed {seed}" + (", stopped" if answer["cancelled"] else "")
        except WorkerStopped:
            words = "the process that holds the model has ended"  # a dialog says the rest
        finally:
            self.writing -= 1
            self.requests = [other for other in self.requests if other is not request]
            if turn.text == untouched:
                talk.turns[:] = [other for other in talk.turns if other is not turn]
                column.show()
            if column.conversation is talk:
                column.describe(words)
            column.dirty = True
            column.flush()
