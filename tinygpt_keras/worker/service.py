"""What the worker process does with its requests: in their order, texts side by side, one at a time in its thread."""

import contextlib
import random
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace

from tinygpt_keras import console
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.serving.target import check_target
from tinygpt_keras.worker.open_models import OpenModels
from tinygpt_keras.worker.protocol import Cancel, Export, Inspect, Open, RequestError, Write, parse_request

Say = Callable[..., None]


class Text:
    """A text that is being written, or waits for its turn.

    Args:
        request: What was asked for.
        models: Where its model is found, when its turn comes.
    """

    def __init__(self, request: Write, models: OpenModels) -> None:
        self.request = request
        self.options = request.options
        if self.options.seed is None:
            self.options = replace(self.options, seed=random.randrange(2**31))
        self.dropped = ""
        self.pieces = self._pieces(models)

    def _pieces(self, models: OpenModels) -> Generator[str, None, None]:
        model = models.get(self.request.run, self.request.step)
        prompt, self.dropped = model.run.tokenizer.plain(self.request.prompt)
        model.texts += 1
        try:
            yield from model.generator.stream(prompt, self.options, self.request.stops)
        finally:
            model.texts -= 1


class Service:
    """Serves requests, a little at a time.

    Args:
        say: Sends an answer: a request's id, an event, and the event's fields.
    """

    def __init__(self, say: Say) -> None:
        self.say = say
        self.models = OpenModels()
        self.waiting: deque[Open | Inspect | Export] = deque()
        self.texts: dict[int, Text] = {}
        self.whole = threading.Lock()  # held over what should not be cut short

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.waiting and not self.texts

    def receive(self, line: bytes) -> None:
        """Take a request in; only to cancel another is done at once."""
        try:
            request = parse_request(line)
        except RequestError as error:
            self.say(error.number, "error", message=str(error))
            return
        if isinstance(request, Cancel):
            self.cancel(request.request)
        elif isinstance(request, Write):
            self.texts[request.id] = Text(request, self.models)
        else:
            self.waiting.append(request)

    def work(self) -> None:
        """Do what waits first, and write one piece of every text."""
        if self.waiting:
            request = self.waiting.popleft()
            with self.failures(request.id):
                if isinstance(request, Open):
                    self.open(request)
                elif isinstance(request, Inspect):
                    self.inspect(request)
                else:
                    self.export(request)
        for number, text in list(self.texts.items()):
            with self.failures(number):
                piece = next(text.pieces, None)
                if piece is None:
                    self.finish(number, cancelled=False)
                else:
                    self.say(number, "piece", text=piece)

    def open(self, request: Open) -> None:
        """Open a run, and write a character, so that its functions are traced."""
        model = self.models.get(request.run, request.step)
        for _ in model.generator.stream("", SamplingOptions(max_new=1, seed=0)):
            pass
        self.say(
            request.id,
            "done",
            run=request.run,
            step=request.step,
            parameters=model.run.config.model.parameters(),
            characters="".join(model.run.tokenizer.characters),
            block_size=model.run.config.model.block_size,
        )

    def inspect(self, request: Inspect) -> None:
        """Say what a model makes of a place in a text."""
        from tinygpt_keras.inspection.why import inspect

        run = self.models.get(request.run, request.step).run
        found = inspect(run.model, run.tokenizer, request.prompt, request.written)
        chances = sorted(found.chances.items(), key=lambda item: -item[1])
        self.say(
            request.id,
            "done",
            context=found.context,
            chances=[[character, round(chance, 6)] for character, chance in chances],
            attention=found.attention.astype(float).round(4).tolist(),
        )

    def export(self, request: Export) -> None:
        """Write a SavedModel."""
        check_target(request.out)
        self.say(request.id, "progress", message="opening the run")
        run = self.models.get(request.run).run
        self.say(request.id, "progress", message="loading the exporter")
        from tinygpt_keras.serving.export import export_model

        with self.whole:
            self.say(request.id, "progress", message="tracing the model and writing its files")
            path = export_model(run.model, run.tokenizer, request.out)
        self.say(request.id, "done", path=str(path))

    def cancel(self, number: int) -> None:
        """End a request that is not over yet."""
        if number in self.texts:
            self.texts[number].pieces.close()
            self.finish(number, cancelled=True)
        for request in [request for request in self.waiting if request.id == number]:
            self.waiting.remove(request)
            self.say(number, "done", cancelled=True)

    def finish(self, number: int, cancelled: bool) -> None:
        """Say how a text was written."""
        text = self.texts.pop(number)
        self.say(number, "done", seed=text.options.seed, dropped=text.dropped, cancelled=cancelled)

    @contextlib.contextmanager
    def failures(self, number: int) -> Generator[None, None, None]:
        """Answer a request with whatever goes wrong in the block."""
        try:
            yield
        except Exception as error:
            self.texts.pop(number, None)
            self.say(number, "error", message=" ".join(explain(error).split()))


def explain(error: Exception) -> str:
    """Word a failure; one that nobody foresaw is logged, too."""
    error = console.tensorflow_failure(error) or error
    if isinstance(error, TinyGPTError):
        return str(error)
    if isinstance(error, MemoryError):
        return console.TOO_LARGE
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}. {console.advice(error)}"
    traceback.print_exception(error)
    return f"the worker process ran into an unforeseen {type(error).__name__}. Try again; its log says more."
