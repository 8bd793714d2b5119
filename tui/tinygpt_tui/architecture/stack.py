"""A stack of blocks drawn as cards, one behind the other, with what each block holds on the first."""

import itertools
from collections import Counter
from dataclasses import dataclass

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.parts import Parts, heads, widths
from tinygpt_tui.architecture.pieces import BOX, CARD, COUNT, NAME, STREAM, Piece, Row, entry, length

EXPONENT = 0.4  # of the width in columns over the width in channels: a doubling shows, and 1,024 channels still fit
GROWING = ("between", "heads", "start", "hidden", "end", *("heads", "hidden") * 4, "between", *("heads", "hidden") * 5)
"""What takes the further rows of a high screen, in order: gaps in the stream, and the boxes of heads and widths."""


@dataclass(frozen=True)
class Frame:
    """The place that a stack takes."""

    inner: int
    """The columns between the stream and the first card's right edge."""
    behind: int
    """How many cards are drawn behind the first."""
    narrow: int
    """The columns of the stream."""
    wide: int
    """The columns of the feed-forward's inner width; both are centred on the same axis."""
    grown: Counter[str]
    """Rows beyond the fewest, by the names in `GROWING`."""
    margin: int = 4
    """Columns between the stream and a box."""

    @property
    def is_narrow(self) -> bool:
        """Whether a part's name and its parameters need a row each."""
        return self.margin < 4

    @property
    def pad(self) -> int:
        """Columns between a card's edges and its content."""
        return 0 if self.is_narrow else 1

    def above(self, mark: str) -> Piece:
        """Return the stream above the cards."""
        return Piece(" " * (1 + self.pad) + mark, STREAM)

    def below(self, mark: str) -> Piece:
        """Return the stream below the cards."""
        return Piece(" " * (1 + self.pad + self.behind) + mark, STREAM)


def scaled(model: ModelConfig, lane: int, full: int) -> tuple[int, int]:
    """Return the columns of the stream and of the feed-forward's inner width.

    Args:
        model: The architecture.
        lane: The most columns of a box.
        full: The columns of a lane in which boxes have their own scale.
    """
    wide = columns(model.hidden_dim, lane, full)
    narrow = min(columns(model.embed_dim, lane, full), wide - 4)
    # Equal columns for all heads, where that changes little.
    even = 1 + model.num_heads * round((narrow - 1) / model.num_heads)
    if 3 <= even <= wide - 4 and abs(even - narrow) <= 2:
        narrow = even
    return max(narrow, 3), wide - (wide - narrow) % 2


def columns(channels: int, lane: int, full: int) -> int:
    """Return how wide something of this many channels is drawn."""
    return max(min(round(2 * min(lane / full, 2) * channels**EXPONENT), lane), 3)


class Stack:
    """The blocks of one stack.

    Args:
        model: The architecture.
        counts: Its parameters.
        frame: The place that it takes.
        layers: How many blocks there are.
        looks: Where each attention of a block looks; an empty text where that goes without saying.
    """

    def __init__(self, model: ModelConfig, counts: Parts, frame: Frame, layers: int, looks: tuple[str, ...]) -> None:
        self.model = model
        self.counts = counts
        self.frame = frame
        self.layers = layers
        self.looks = looks

    def rows(self) -> list[Row]:
        """Draw the first block as a card, and the others as cards behind it."""
        frame = self.frame
        rows = [self.top()]
        for number, row in enumerate(self.inside(), 1):
            gap = " " * (frame.inner + 2 + frame.pad - length(row))
            rows.append([Piece("│" + " " * frame.pad, CARD), *row, Piece(f"{gap}│{self.edges(number)}", CARD)])
        pad = "─" * frame.pad
        edge = "─" * (frame.inner + 2) + 2 * pad
        for number in range(frame.behind + 1):
            before, after = " " * number, "│" * (frame.behind - number)
            if number < frame.behind:
                rows.append([Piece(f"{before}╰{edge}╯{after}", CARD)])
                continue
            undrawn = self.layers - 1 - frame.behind
            words = f" and {undrawn:,} more " if undrawn else ""
            line = "─" * (frame.inner + 1 - len(words)) + words + pad
            rows.append([Piece(f"{before}╰{pad}", CARD), Piece("┰", STREAM), Piece(f"{line}╯", CARD)])
        return rows

    def top(self) -> Row:
        """Draw the upper edge of the first card, with the number of blocks and the parameters of each."""
        room = self.frame.inner + 1
        count = f" {self.counts.block(len(self.looks)):,} "
        blocks = f" {self.layers:,} blocks"
        names = (" block ",) if self.layers == 1 else (f"{blocks}, each ", f"{blocks} ", f" {self.layers:,} × ")
        name = next((name for name in names if len(name) + len(count) <= room), names[-1])
        gap = "─" * (room - len(name) - len(count))
        return [
            Piece("╭" + "─" * self.frame.pad, CARD),
            Piece("╂", STREAM),
            Piece(name, NAME),
            Piece(gap, CARD),
            Piece(count, COUNT),
            Piece("─" * self.frame.pad + "╮", CARD),
        ]

    def edges(self, row: int) -> str:
        """Return the right edges of the cards behind the first, each a row lower than the one before it."""
        behind = range(1, self.frame.behind + 1)
        return "".join("│" if number < row else "╮" if number == row else " " for number in behind)

    @property
    def last_attention(self) -> int:
        """The row, from the upper edge, that names the last attention of the first block."""
        is_pre = self.model.norm_position == "pre"
        rows = len(self.branch("", "", 0, self.heads())) + self.frame.grown["between"]
        return 1 + is_pre + (len(self.looks) - 1) * rows

    def inside(self) -> list[Row]:
        """Draw what a block holds."""
        is_narrow, counts = self.frame.is_narrow, self.counts
        about = [look if is_narrow else self.about(look) for look in self.looks]
        parts = [self.branch("attention", words, counts.attention, self.heads()) for words in about]
        words = "" if is_narrow else widths(self.model)
        parts.append(self.branch("feed-forward", words, counts.feed_forward, self.hidden()))
        gap: list[Row] = [[Piece("┃", STREAM)]] * self.frame.grown["between"]
        return [row for number, part in enumerate(parts) for row in ([*gap, *part] if number else part)]

    def about(self, look: str) -> str:
        """Describe an attention: where it looks, and its heads."""
        return ", ".join(filter(None, (look, heads(self.model))))

    def branch(self, name: str, words: str, count: int, boxes: list[str]) -> list[Row]:
        """Draw a part beside the stream: what it reads, what it is, and how it is added.

        It reads a normalised copy of the stream, or the stream as it is, which is normalised after the addition.
        """
        frame, stream = self.frame, Piece("┃ ", STREAM)
        reading, norm = Piece("┠─▶ ", STREAM), self.counts.norm
        is_pre = self.model.norm_position == "pre"
        first, rest = (stream, frame.inner) if is_pre else (reading, frame.inner - 2)
        rows: list[Row] = [[reading, *entry("norm", "", norm, frame.inner - 2)]] if is_pre else []
        if frame.is_narrow:
            words = words[: max(frame.inner - len(f" {count:,}"), 0)]
            rows += [[first, Piece(name, NAME)], [stream, *entry(words, "", count, frame.inner)]]
        else:
            rows.append([first, *entry(name, words, count, rest)])
        rows += [[Piece("┃", STREAM), Piece(" " * frame.margin), Piece(box, BOX)] for box in boxes]
        rows.append([Piece("⊕◀" + "─" * (frame.margin - 1 + frame.wide // 2) + "┘", STREAM)])
        return rows if is_pre else [*rows, [stream, *entry("norm", "", norm, frame.inner)]]

    def heads(self) -> list[str]:
        """Draw the box of an attention, a column for each head."""
        model, narrow = self.model, self.frame.narrow
        dividers = {round(head * (narrow - 1) / model.num_heads) for head in range(model.num_heads + 1)}
        first = min(dividers - {0})
        name = str(model.head_dim)
        walls = "".join("│" if place in dividers else " " for place in range(narrow))
        named = walls
        if len(name) < first:
            cells = itertools.pairwise(sorted(dividers))
            named = "│" + "".join(name.center(after - before - 1) + "│" for before, after in cells)
        height = 1 + self.frame.grown["heads"]
        top, bottom = ("".join(mark if place in dividers else "─" for place in range(narrow)) for mark in "┬┴")
        boxes = [f"┌{top[1:-1]}┐", *[walls] * height, f"└{bottom[1:-1]}┘"]
        boxes[1 + (height - 1) // 2] = named
        return [" " * ((self.frame.wide - narrow) // 2) + box for box in boxes]

    def hidden(self) -> list[str]:
        """Draw the box of a feed-forward network, which widens the stream and narrows it again."""
        narrow, wide = self.frame.narrow, self.frame.wide
        side, height = (wide - narrow) // 2, self.frame.grown["hidden"]
        boxes = [
            " " * side + f"┌{'─' * (narrow - 2)}┐",
            f"┌{'─' * (side - 1)}┴{'─' * (narrow - 2)}┴{'─' * (side - 1)}┐",
            *[f"│{' ' * (wide - 2)}│"] * height,
            f"└{'─' * (side - 1)}┬{'─' * (narrow - 2)}┬{'─' * (side - 1)}┘",
            " " * side + f"└{'─' * (narrow - 2)}┘",
        ]
        if height:
            boxes[2 + (height - 1) // 2] = f"│{f'{self.model.hidden_dim:,}'.center(wide - 2)}│"
        return boxes
