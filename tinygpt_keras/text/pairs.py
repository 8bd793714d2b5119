"""Pairs of a source and the reply to it: from a table with two columns, or the speeches of a play."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tinygpt_keras.config.tasks import PAIRS, SPEECHES, TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.corpus import Corpus, split_point
from tinygpt_keras.text.speeches import blocks, is_speech
from tinygpt_keras.text.tokenizer import CharTokenizer

TABLE = ".tsv"  # how the name of a file of pairs ends
AT_ONCE = 10_000  # pairs
NAMED = 3  # bad lines that a message names; the others are counted
START, END = "\x02", "\x03"  # how the ids of a reply's start and of an end are shown: ASCII's names for the same


class Pair(NamedTuple):
    """A source, and the reply to it."""

    source: str
    reply: str


@dataclass(frozen=True)
class Pairs:
    """All pairs of a corpus: the first ones train, the rest validate."""

    pairs: list[Pair]
    train: int
    """How many train."""

    @functools.cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The distinct characters, sorted."""
        rows = range(0, len(self.pairs), AT_ONCE)  # joined, because each piece is searched for new characters
        pieces = ("".join(map("".join, self.pairs[row : row + AT_ONCE])) for row in rows)
        return CharTokenizer.from_text(pieces).characters


def is_table(data: str | None) -> bool:
    """Whether a path is a file of pairs, by its name."""
    return data is not None and Path(data).suffix.lower() == TABLE


def read_pairs(task: str, corpus: Corpus) -> Pairs:
    """Take the pairs out of a corpus, which keeps them as long as it is kept itself.

    Args:
        task: `speeches` for those of a play; any other for lines of a source, a tab and a reply.
        corpus: The text.

    Returns:
        The pairs.

    Raises:
        InputError: When a line is no pair, or when there are too few.
    """
    if task in corpus.taken:
        return corpus.taken[task]
    found = play_pairs(corpus) if task == SPEECHES else table_pairs(corpus)
    if found.train and found.train < len(found.pairs):
        return corpus.taken.setdefault(task, found)
    if task == SPEECHES and is_table(corpus.name):
        raise InputError(
            f"{corpus.name} is a file of pairs, and the task {SPEECHES} reads the speeches of a play. Choose the task "
            f"{PAIRS}, or give a text of blocks that begin with a line NAME: and end with an empty line."
        )
    if task == SPEECHES:
        raise InputError(
            f"{corpus.name} has too few speeches that answer another. Give a text of blocks that begin with a line "
            "NAME: and end with an empty line, or learn pairs, from a file whose name ends in .tsv."
        )
    count = "one pair" if len(found.pairs) == 1 else "no pairs"
    raise InputError(f"{corpus.name} has {count}. Give it at least two.")


def known_source(tokenizer: CharTokenizer, source: str) -> tuple[str, str]:
    """Return a source as a model knows it, and the characters that it does not know; see `CharTokenizer.plain`.

    Raises:
        InputError: When no character is left to reply to.
    """
    known, unknown = tokenizer.plain(source)
    if not known:
        raise InputError("the source has no character that the model knows. Give another one.")
    return known, unknown


def kept_source(source: str, block_size: int) -> str:
    """Return what a model reads of a source: the end of a long one. Its end's id takes one place of the block."""
    return source[max(len(source) - (block_size - 1), 0) :]


def kept_reply(reply: str, block_size: int) -> str:
    """Return what a model learns of a reply: the beginning of a long one, which then has no end."""
    return reply[:block_size]


def cut_notice(source: int = 0, reply: int = 0) -> str:
    """Return a notice of how many characters do not fit into a model's context; empty if all do.

    Args:
        source: Those at the beginning of a source.
        reply: Those at the end of a reply.
    """
    cuts = (("first", source, "source"), ("last", reply, "reply"))
    left_out = [f"the {where} {count:,} of the {what}" for where, count, what in cuts if count]
    return f"left out, as they do not fit into the context: {' and '.join(left_out)}" if left_out else ""


def cut_pairs_notice(cut: int, pairs: int, block_size: int) -> str:
    """Return a notice of how many pairs lose something, because a side and its end's id do not fit into a block."""
    verb = "does" if cut == 1 else "do"
    return (
        f"{cut:,} of {pairs:,} pairs {verb} not fit into the block size, {block_size}, which also holds an end: long "
        "sources lose their beginning, long replies their end"
    )


def vocabulary(task: str, corpus: Corpus) -> tuple[str, ...]:
    """Return the distinct characters that a model of a task knows, sorted."""
    return corpus.vocabulary if task == TEXT else read_pairs(task, corpus).vocabulary


def table_pairs(corpus: Corpus) -> Pairs:
    """Read lines of two columns; the first nine tenths train."""
    pairs: list[Pair] = []
    bad: list[str] = []
    for number, line in enumerate(lines(corpus.pieces()), 1):
        columns = line.split("\t")
        if not line.strip(" \r"):
            continue
        if len(columns) == 2 and all(column.strip() for column in columns):
            pairs.append(Pair(*columns))
        else:
            bad.append(f"line {number} {fault(columns)}")
    if bad:
        others = f", and {len(bad) - NAMED:,} more lines" if len(bad) > NAMED else ""
        raise InputError(
            f"{corpus.name} has lines that are no pair: {'; '.join(bad[:NAMED])}{others}. Write a source, a tab and a "
            "reply on each line."
        )
    return Pairs(pairs, split_point(len(pairs)))


def fault(columns: list[str]) -> str:
    """Return what is wrong with a line's columns."""
    if len(columns) != 2:
        return f"has {len(columns)} column{'s' if len(columns) > 1 else ''}"
    return "has an empty source" if not columns[0].strip() else "has an empty reply"


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a text that is cut anywhere; only a line feed ends a line."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest:
        yield rest


def play_pairs(corpus: Corpus) -> Pairs:
    """Pair each speech of a play, with its speaker's name, and the one that answers it.

    The replies that lie in the first nine tenths of the text train. A block that is no speech parts two scenes.
    """
    split = corpus.train_characters
    pairs: list[Pair] = []
    train, before = 0, ""
    for place, block in blocks(corpus.text):
        end, block = place + len(block), block.strip("\n")
        speech = block if is_speech(block) else ""
        if speech and before and not place < split < end:
            pairs.append(Pair(before, speech))
            train += end <= split
        before = speech
    return Pairs(pairs, train)
