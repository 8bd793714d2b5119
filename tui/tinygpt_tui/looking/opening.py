"""Opening a model to look at: what is known of it without loading it, and a first text."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.config.tasks import separator
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.reading import read_vocabulary
from tinygpt_keras.text.pairs import START, cut_notice, kept_source
from tinygpt_keras.text.tokenizer import CharTokenizer, unfamiliar_notice
from tinygpt_tui.looking.gaze import Gaze
from tinygpt_tui.looking.samples import sample_at
from tinygpt_tui.looking.steps import Step, list_steps
from tinygpt_tui.runs import follower
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.history import History, Sample

VERSE = "ROMEO:\nBut soft, what light through yonder window breaks?\nIt is the east, and Juliet is the sun.\n"


SHOWN = frozenset({"start", "eval", "sample"})  # the events that Look shows something of


class News(NamedTuple):
    """What a run has now, and a part of what it wrote down since it was read last."""

    steps: list[Step]
    written: float
    history: follower.News

    @property
    def begins(self) -> bool:
        """Whether training has begun, from the start or from a checkpoint: steps get other weights."""
        return self.history.restarted or any(event["event"] == "start" for event in self.history.events)


@dataclass
class Opening:
    """A run that is looked at."""

    directory: RunDirectory
    model: ModelConfig
    tokenizer: CharTokenizer
    follower: follower.Follower
    history: History = field(default_factory=History)
    steps: list[Step] = field(default_factory=list[Step])
    written: float = 0.0
    """When the best weights were written, in Unix seconds; 0 if there are none."""

    def read(self) -> News:
        """Read what is new; can take a moment."""
        history = self.follower.read()
        # Of a long history the parts come one after the other, and the files are looked at with the last.
        steps = self.steps if history.more else list_steps(self.directory)
        return News(steps, self.written if history.more else written_at(self.directory), history)

    def take(self, news: News) -> bool:
        """Take what was read; return whether anything that is shown has changed."""
        if news.history.restarted:
            self.history = History()
        for event in news.history.events:
            self.history.take(event)
        before, self.steps, self.written = (self.steps, self.written), news.steps, news.written
        is_shown = news.history.restarted or any(event["event"] in SHOWN for event in news.history.events)
        return is_shown or before != (self.steps, self.written)

    def sample(self, step: Step) -> tuple[str, str]:
        """Return what the run wrote at a step, and the source that it replied to; empty if it wrote nothing.

        What a model that continues texts wrote has its prompt before it, and no source.
        """
        found = sample_at(self.history, step) or Sample(0, "", "")
        if self.model.replies:
            source = self.source(found.prompt.removesuffix(separator(self.history.config)))
            return (START + self.known(found.text), source) if source else ("", "")
        return self.known(found.prompt + found.text), ""

    def source(self, text: str) -> str:
        """Return what the model reads of a source: as for training, the end of a long one."""
        return kept_source(self.known(text), self.model.block_size)

    def left_out(self, text: str, source: str = "") -> str:
        """Return a notice of what the model does not read of a text and of its source; empty if it reads all."""
        dropped = self.tokenizer.plain(source + text)[1]
        written = len(START + self.known(text)) if self.model.replies else 0
        cut_reply = max(written - self.model.block_size, 0)
        cut = cut_notice(len(self.known(source)) - len(self.source(source)), cut_reply)
        return "; ".join(filter(None, (unfamiliar_notice(dropped) if dropped else "", cut)))

    def known(self, text: str) -> str:
        """Return what the model can read of a text."""
        return self.tokenizer.plain(text)[0]


def open_gaze(choice: Choice, text: str, place: int | None = None, source: str = "") -> tuple[Opening, Gaze, str]:
    """Begin to look at a model; reads the run's small files, and can take a moment.

    Args:
        choice: The model.
        text: What to look at; if empty, what the run wrote last, or else some verse.
        place: The cursor in the text, -1 for the start of a reply; by default a text's end, a reply's start.
        source: What the text replies to. A model that replies takes a text without one as the source.

    Returns:
        The run, what is looked at, and a notice on characters that the model does not read, or nothing.

    Raises:
        InputError: When the run cannot be used, or the model knows no character of the text.
    """
    directory = RunDirectory(Path(choice.path))
    config = directory.config()
    tokenizer, events = read_vocabulary(directory, config), follower.Follower(directory.events_file)
    opening = Opening(directory, config.model, tokenizer, events)
    more = True
    while more:
        opening.take(news := opening.read())
        more = news.history.more
    known, asked = opening.sample(choice.step)
    is_given, notice = bool(text or source), ""
    if is_given and config.model.replies:
        asked, text = (source, text) if source else (text, "")
        known, notice = START + opening.known(text), opening.left_out(text, asked)
        asked = opening.source(asked)
    elif is_given:
        known, notice = opening.known(text or source), opening.left_out(text or source)
    if not is_given and not known:
        known = opening.known(VERSE) or "".join(opening.tokenizer.characters)
        known, asked = (START, opening.source(known)) if config.model.replies else (known, "")
    if not (asked if config.model.replies else known):
        raise InputError("the text has no character that the model knows. Type another one.")
    gaze = Gaze(choice, config.model, known, 0, source=asked)
    if place is not None:
        given = len(opening.known(text[: place + 1]))  # characters may be dropped before it
        gaze.point(given if config.model.replies else given - 1)
    elif not config.model.replies:
        gaze.point(gaze.last)
    return opening, gaze, notice


def written_at(directory: RunDirectory) -> float:
    """Return when a run's best weights were written, in Unix seconds; 0 if there are none."""
    try:
        return directory.best_file.lstat().st_mtime
    except OSError:
        return 0.0
