"""Rows of a drawing, as pieces of text in a style."""

from typing import NamedTuple

from textual.content import Content, Span

STREAM, BOX, CARD, NAME, COUNT, FAINT = "bold $accent", "$primary", "$foreground 45%", "bold", "", "$foreground 70%"


class Piece(NamedTuple):
    """A part of a row in one style."""

    text: str
    style: str = ""


Row = list[Piece]


def length(row: Row) -> int:
    """Return how many columns a row takes."""
    return sum(len(piece.text) for piece in row)


def assembled(rows: list[Row], width: int, height: int) -> Content:
    """Join rows to one content, cut to a size."""
    texts, spans, start = list[str](), list[Span](), 0
    for row in rows[:height]:
        end = start + width
        for piece in row:
            text = piece.text[: end - start]
            if piece.style and text:
                spans.append(Span(start, start + len(text), piece.style))
            texts.append(text)
            start += len(text)
        texts.append("\n")
        start += 1
    return Content("".join(texts[:-1]), spans)


def entry(name: str, words: str, count: int, width: int) -> Row:
    """Return a part's name, its dimensions, and its parameters at the right; the words give way where it is narrow."""
    number = f"{count:,}" if count else ""
    room = width - len(name) - len(number) - 1
    shown = f"  {words}" if words else ""
    shown = shown if len(shown) <= room else shown[: max(room - 1, 0)] + "…" if room > 4 else ""
    gap = " " * max(width - len(name) - len(shown) - len(number), 1)
    return [Piece(name, NAME), Piece(shown, FAINT), Piece(gap + number, COUNT)]
