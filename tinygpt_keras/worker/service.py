"""The worker's service: requests are done in order, texts are written side by side, all in one thread."""

import contextlib
import random
import reprlib
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace

from tinygpt_keras import console
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.serving.target import target_folder
from tinygpt_keras.text.pairs import kept_source, known_source
from tinygpt_keras.worker.open_models import OpenModels
from tinygpt_keras.worker.protocol import (
    Answer,
    Cancel,
    Cancelled,
    Export,
    Exported,
    Failed,
    Inspect,
    Inspected,
    Look,
    Looked,
    Open,
    Opened,
    Piece,
    Progress,
    RequestError,
    Tour,
    Toured,
    Write,
    Written,
    parse_request,
)
from tinygpt_keras.worker.viewers import Viewers


class Text:
    """A text that is being written or waits for its turn.

    Args:
        request: The request.
        models: The opened models; the text's is looked up when its turn comes.
    """

    def __init__(self, request: Write, models: OpenModels) -> None:
        self.request = request
        drawn = random.randrange(2**31)
        self.seed = drawn if request.options.seed is None else request.options.seed
        self.options = replace(request.options, seed=self.seed)
        self.dropped = ""
        self.cut = 0
        self.pieces = self._pieces(models)

    def _pieces(self, models: OpenModels) -> Generator[str, None, None]:
        model = models.get(self.request.run, self.request.step)
        tokenizer, config = model.run.tokenizer, model.run.config.model
        (prompt, unknown), (written, dropped) = map(tokenizer.plain, (self.request.prompt, self.request.written))
        self.dropped = "".join(dict.fromkeys(unknown + dropped))
        if config.replies:
            known_source(tokenizer, prompt)
            self.cut = len(prompt) - len(kept_source(prompt, config.block_size))
        model.texts += 1
        try:
            yield from model.generator.stream(prompt, self.options, self.request.stops, written)
        finally:
            model.texts -= 1


class Service:
    """Serves requests, one step at a time.

    Args:
        say: Sends an answer.
    """

    def __init__(self, say: Callable[[Answer], None]) -> None:
        self.say = say
        self.models = OpenModels()
        self.viewers = Viewers()
        self.waiting: deque[Open | Inspect | Look | Tour | Export] = deque()
        self.texts: dict[int, Text] = {}
        self.whole = threading.Lock()  # held while an export is written, which must not be cut short

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.waiting and not self.texts

    def receive(self, line: bytes) -> None:
        """Queue a request; a cancel takes effect immediately."""
        try:
            request = parse_request(line)
        except RequestError as error:
            self.say(Failed(id=error.number, message=str(error)))
            return
        if isinstance(request, Cancel):
            self.cancel(request.request)
        elif isinstance(request, Write):
            self.texts[request.id] = Text(request, self.models)
        else:
            self.waiting.append(request)

    def work(self) -> None:
        """Do the first request of the queue, then write one piece of every text."""
        if self.waiting:
            request = self.waiting.popleft()
            with self.failures(request.id):
                if isinstance(request, Open):
                    self.open(request)
                elif isinstance(request, Inspect):
                    self.inspect(request)
                elif isinstance(request, Look):
                    self.look(request)
                elif isinstance(request, Tour):
                    self.tour(request)
                else:
                    self.export(request)
        for number, text in list(self.texts.items()):
            with self.failures(number):
                piece = next(text.pieces, None)
                if piece is None:
                    self.finish(number, cancelled=False)
                else:
                    self.say(Piece(id=number, text=piece))

    def open(self, request: Open) -> None:
        """Open a run and write a character, which traces its functions."""
        model = self.models.get(request.run, request.step)
        for _ in model.generator.stream("", SamplingOptions(max_new=1, seed=0)):
            pass
        config = model.run.config.model
        opened = Opened(
            id=request.id,
            run=request.run,
            step=request.step,
            parameters=config.parameters(),
            characters="".join(model.run.tokenizer.characters),
            block_size=config.block_size,
        )
        self.say(opened)

    def inspect(self, request: Inspect) -> None:
        """Explain a character."""
        from tinygpt_keras.inspection.why import inspect

        run = self.models.get(request.run, request.step).run
        found = inspect(run.model, run.tokenizer, request.prompt, request.written)
        chances = sorted(found.chances.items(), key=lambda item: -item[1])
        inspected = Inspected(
            id=request.id,
            context=found.context,
            chances=[(character, round(chance, 6)) for character, chance in chances],
            attention=found.attention.astype(float).round(4).tolist(),
            source=found.source,
            across=found.across.astype(float).round(4).tolist(),
        )
        self.say(inspected)

    def look(self, request: Look) -> None:
        """Look inside a model while it reads a text."""
        from tinygpt_keras.inspection.views import VIEWS

        if request.view not in VIEWS:
            raise InputError(f"there is no view {reprlib.repr(request.view)}. Choose one of {', '.join(VIEWS)}.")
        viewer = self.viewers.get(request.run, request.step)
        subject = viewer.subject(request.text, request.source).at(request.place, request.without, request.part)
        finding = VIEWS[request.view](subject, request.options)
        reading = subject.reading
        cut = reading.cut_text + reading.cut_source
        self.say(Looked(id=request.id, finding=finding, dropped=reading.dropped, cut=cut))

    def tour(self, request: Tour) -> None:
        """Walk through the tour."""
        from tinygpt_keras.tour.walk import walk

        stations, unscaled = walk(request.sentence)
        self.say(Toured(id=request.id, stations=stations, unscaled=unscaled))

    def export(self, request: Export) -> None:
        """Write a SavedModel."""
        out = target_folder(request.out)
        self.say(Progress(id=request.id, message="opening the run"))
        run = self.models.get(request.run).run
        self.say(Progress(id=request.id, message="loading the exporter"))
        from tinygpt_keras.serving.export import export_model

        with self.whole:
            self.say(Progress(id=request.id, message="tracing the model and writing its files"))
            path = export_model(run.model, run.tokenizer, out)
        self.say(Exported(id=request.id, path=str(path)))

    def cancel(self, number: int) -> None:
        """End a request unless it has ended already."""
        if number in self.texts:
            self.texts[number].pieces.close()
            self.finish(number, cancelled=True)
        for request in [request for request in self.waiting if request.id == number]:
            self.waiting.remove(request)
            self.say(Cancelled(id=number))

    def finish(self, number: int, cancelled: bool) -> None:
        """Send the last answer about a text."""
        text = self.texts.pop(number)
        self.say(Written(id=number, seed=text.seed, dropped=text.dropped, cancelled=cancelled, cut=text.cut))

    @contextlib.contextmanager
    def failures(self, number: int) -> Generator[None, None, None]:
        """Answer a request with the failure of the block, if it fails."""
        try:
            yield
        except Exception as error:
            self.texts.pop(number, None)
            self.say(Failed(id=number, message=" ".join(explain(error).split())))


def explain(error: Exception) -> str:
    """Return the message for a failure; an unforeseen one is also logged."""
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
