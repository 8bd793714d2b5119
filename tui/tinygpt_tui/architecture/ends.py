"""The ends of a drawing: how characters become a stream, and how the stream becomes logits."""

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.parts import Parts
from tinygpt_tui.architecture.pieces import BOX, FAINT, NAME, STREAM, Piece, Row, entry
from tinygpt_tui.architecture.simple import embedding_words, position_words, stream_end
from tinygpt_tui.architecture.stack import Frame


def embedding(model: ModelConfig, counts: Parts, frame: Frame, is_shared: bool = False) -> list[Row]:
    """Draw the embedding and the positions.

    Args:
        model: The architecture.
        counts: Its parameters.
        frame: The place of the stack below.
        is_shared: Whether its tables are drawn, with their parameters, beside this one.
    """
    stream, width = frame.above("┃ "), frame.inner
    name, words = position_words(model)
    table = entry("embedding", embedding_words(model), counts.embedding, width)
    positions = entry(name, words, counts.positions, width)
    if is_shared:
        table, positions = entry("embedding", "same", 0, width), entry(name, "", 0, width)
    return [
        [stream, *table],
        *through(frame.narrow, frame.pad),
        [stream, *positions],
        *[[frame.above("┃")]] * frame.grown["start"],
    ]


def through(columns: int, indent: int) -> list[Row]:
    """Draw a flat box that the stream goes through, after some empty columns."""
    line = "─" * (columns - 2)
    before = " " * indent
    return [
        [Piece(f"{before}┌", BOX), Piece("┸", STREAM), Piece(f"{line}┐", BOX)],
        [Piece(f"{before}└", BOX), Piece("┰", STREAM), Piece(f"{line}┘", BOX)],
    ]


def last_norm(counts: Parts, frame: Frame) -> list[Row]:
    """Draw the last normalisation of a stack, if it has one."""
    stream = frame.below("┃ ")
    norm = entry("norm", "", counts.final_norm, frame.inner - frame.behind) if counts.final_norm else []
    return [*[[stream]] * frame.grown["end"], [stream, *norm]]


def ending(model: ModelConfig, counts: Parts, frame: Frame, columns: int) -> list[Row]:
    """Draw the last normalisation and the logits, whose box is this many columns wide."""
    width = frame.inner - frame.behind
    name, words = f"{model.classes:,} logits", ", one for each next character"
    words = ", of characters and the end" if model.replies else words
    return [
        *last_norm(counts, frame),
        [frame.below("┃ "), *entry("logits", *stream_end(model, counts), width)],
        *through(min(columns, width), frame.behind + frame.pad),
        [
            frame.below("▼ "),
            Piece(name, NAME),
            Piece(words if len(name + words) <= frame.inner + 1 + frame.pad else "", FAINT),
        ],
    ]
