"""What the form says about the text that a run would learn from."""

import bisect
import contextlib
from dataclasses import dataclass
from pathlib import Path

from tinygpt_keras.config.tasks import PAIRS, TASKS, TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.corpus import STANDARD_INPUT, Corpus
from tinygpt_keras.text.pairs import is_table, read_pairs
from tinygpt_keras.text.task_corpus import task_corpus


@dataclass(frozen=True)
class TextFacts:
    """Facts about the training text."""

    name: str
    characters: int
    vocab_size: int
    files: str = ""
    """For a folder: how many files were read, and what was left out."""
    pairs: int = 0
    """How many pairs it holds, for a task of pairs."""
    training_pairs: int = 0
    lengths: tuple[int, ...] = ()
    """Characters of the longer side of each pair, sorted."""

    @property
    def sentence(self) -> str:
        """The facts as one phrase."""
        files = f" ({self.files})" if self.files else ""
        if self.pairs:
            return f"{self.name}{files}, {self.pairs:,} pairs, {self.vocab_size:,} distinct characters"
        return f"{self.name}{files}, {self.characters:,} characters, {self.vocab_size:,} of them distinct"

    def cut(self, block_size: int) -> int:
        """Return how many pairs are longer than a block, whose last symbol is their end."""
        return len(self.lengths) - bisect.bisect_left(self.lengths, block_size)


def read_text_facts(source: str, task: str = TEXT) -> TextFacts:
    """Read a text and count its characters, or make the pairs of a task and count them.

    Args:
        source: A path; empty for none of one's own.
        task: What is learned from it.

    Returns:
        The facts.

    Raises:
        InputError: When it cannot be read, or holds nothing to learn.
    """
    path = expanded(source)
    try:
        # Standard input and devices can be read only once, and training has to read the text again.
        if path == STANDARD_INPUT or (Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir()):
            raise InputError(f"{source} is not a file or folder. Give the path of a text.")
        return text_facts(task, task_corpus(task, path or None))
    except (ValueError, OSError):
        raise InputError(f"{source!r} is not a path. Give the path of a text.") from None
    except MemoryError:
        raise InputError("This text does not fit into memory. Give a shorter one.") from None


def text_facts(task: str, corpus: Corpus) -> TextFacts:
    """Count the characters of a text, or its pairs."""
    if task == TEXT:
        return TextFacts(corpus.name, corpus.characters, len(corpus.vocabulary), corpus.files)
    found = read_pairs(task, corpus)
    lengths = tuple(sorted(max(map(len, pair)) for pair in found.pairs))
    return TextFacts(
        corpus.name,
        corpus.characters,
        len(found.vocabulary),
        corpus.files,
        len(found.pairs),
        found.train,
        lengths,
    )


def named_text(source: str, task: str) -> str:
    """Return what is read for a task, in words."""
    if TASKS[task].is_made:
        return f"the pairs of {task}"
    return source or ("a file of pairs" if task == PAIRS else "tiny Shakespeare")


def task_for(source: str, task: str) -> str:
    """Return the task for a text that was just named: a file of pairs is learned as pairs, as `train` does.

    Args:
        source: The path.
        task: The task so far.
    """
    if is_table(source):
        return PAIRS
    return TEXT if TASKS[task].is_made else task


def expanded(source: str) -> str:
    """Expand a leading `~` or `~user`, as a shell would."""
    if source.startswith("~"):
        with contextlib.suppress(RuntimeError):  # no such user
            return str(Path(source).expanduser())
    return source
