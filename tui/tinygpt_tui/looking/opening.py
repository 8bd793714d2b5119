"""Opening a model to look at: what is known of it without loading it, and a first text."""

from dataclasses import dataclass, replace
from pathlib import Path

from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.reading import read_vocabulary
from tinygpt_keras.text.tokenizer import CharTokenizer, unfamiliar_notice
from tinygpt_tui.looking.gaze import Gaze
from tinygpt_tui.looking.samples import read_history, sample_at
from tinygpt_tui.looking.steps import Step, list_steps
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.runs.history import History

VERSE = "ROMEO:\nBut soft, what light through yonder window breaks?\nIt is the east, and Juliet is the sun.\n"


@dataclass(frozen=True)
class Opening:
    """A run that is looked at."""

    directory: RunDirectory
    tokenizer: CharTokenizer
    history: History
    steps: list[Step]
    written: float
    """When the best weights were written, in Unix seconds; 0 if there are none."""

    def sample(self, step: Step) -> str:
        """Return what the run wrote at a step, with its prompt; empty if it wrote nothing."""
        found = sample_at(self.history, step)
        return "" if found is None else self.known(found.prompt + found.text)

    def known(self, text: str) -> str:
        """Return what the model can read of a text."""
        return self.tokenizer.plain(text)[0]


def open_gaze(choice: Choice, text: str) -> tuple[Opening, Gaze, str]:
    """Begin to look at a model; reads the run's small files, and can take a moment.

    Args:
        choice: The model.
        text: What to look at; if empty, what the run wrote last, or else some verse.

    Returns:
        The run, what is looked at, and a notice on characters that the model does not know, or nothing.

    Raises:
        InputError: When the run cannot be used, or the model knows no character of the text.
    """
    directory = RunDirectory(Path(choice.path))
    config = directory.config()
    tokenizer, history = read_vocabulary(directory, config), read_history(directory)
    opening = Opening(directory, tokenizer, history, list_steps(directory), written_at(directory))
    wanted = text or opening.sample(choice.step) or VERSE
    known, dropped = opening.tokenizer.plain(wanted)
    if not known and not text:
        known, dropped = "".join(opening.tokenizer.characters), ""
    if not known:
        raise InputError("the text has no character that the model knows. Type another one.")
    notice = unfamiliar_notice(dropped) if dropped and text else ""
    return opening, Gaze(choice, config.model, known, len(known) - 1), notice


def newer(opening: Opening) -> Opening | None:
    """Return a run as it is now, or `None` if it has no other steps or weights; can take a moment."""
    steps, written = list_steps(opening.directory), written_at(opening.directory)
    if (steps, written) == (opening.steps, opening.written):
        return None
    return replace(opening, steps=steps, written=written, history=read_history(opening.directory))


def written_at(directory: RunDirectory) -> float:
    """Return when a run's best weights were written, in Unix seconds; 0 if there are none."""
    try:
        return directory.best_file.lstat().st_mtime
    except OSError:
        return 0.0
