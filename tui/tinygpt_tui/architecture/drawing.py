"""A model drawn with box characters: as wide as its stream, a column for each head, a card for each block."""

import itertools

from textual.content import Content

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.parts import heads, parts, widths
from tinygpt_tui.architecture.pieces import BOX, CARD, COUNT, FAINT, NAME, STREAM, Piece, Row, assembled, entry
from tinygpt_tui.architecture.simple import draw_bigram, outline, stream_end

LANE = 35  # columns of the lane for boxes at which they have their own scale
EXPONENT = 0.4  # of the width in columns over the width in channels: a doubling shows, and 1,024 channels still fit
MARGIN = 4  # columns left of what a branch holds: the card's edge and the stream
CARDS = 8  # drawn at most, one behind the other
NARROW = 34  # columns below which no cards are drawn behind the first
NARROWEST = 30  # columns below which an outline in words is clearer than boxes
LOWEST = 25  # rows of a drawing without anything that may be left out
GROWING = ("between", "heads", "start", "hidden", "end", *("heads", "hidden") * 4, "between", *("heads", "hidden") * 5)
"""What takes the further rows of a high screen, in order: gaps in the stream, and the boxes of heads and widths."""


def draw(model: ModelConfig, width: int, height: int) -> Content:
    """Draw a model.

    Args:
        model: The architecture.
        width: The columns that the drawing may take.
        height: The rows that it may take.

    Returns:
        At most `height` rows of at most `width` columns. Where boxes do not fit, an outline in words.
    """
    if model.architecture == "bigram":
        return assembled(draw_bigram(model, width, height), width, height)
    rows = Drawing(model, width, height).rows() if width >= NARROWEST else outline(model, width)
    return assembled(rows if len(rows) <= height else outline(model, width), width, height)


class Drawing:
    """The drawing of a GPT, for one size of the screen.

    Args:
        model: The architecture.
        width: The columns that it may take.
        height: The rows that it may take.
    """

    def __init__(self, model: ModelConfig, width: int, height: int) -> None:
        self.model = model
        self.counts = parts(model)
        most = max(min(CARDS, width - NARROW, height - LOWEST), 0)
        self.behind = min(model.num_layers - 1, most)
        """How many cards are drawn behind the first."""
        self.inner = width - MARGIN - 2 - self.behind
        """The columns between the stream and the first card's right edge."""
        self.lane = width - MARGIN - 2 - most - 3
        """The most columns of a box; the same for any number of blocks."""
        self.narrow, self.wide = self.scaled()
        grown = GROWING[: max(height - LOWEST - self.behind, 0)]
        self.grown = {name: grown.count(name) for name in GROWING}

    def columns(self, channels: int) -> int:
        """Return how wide something of this many channels is drawn."""
        scale = 2 * min(self.lane / LANE, 2)
        return max(min(round(scale * channels**EXPONENT), self.lane), 3)

    def scaled(self) -> tuple[int, int]:
        """Return the columns of the stream and of the feed-forward's inner width, both centred on the same axis."""
        wide = self.columns(self.model.hidden_dim)
        narrow = min(self.columns(self.model.embed_dim), wide - 4)
        # Equal columns for all heads, where that changes little.
        even = 1 + self.model.num_heads * round((narrow - 1) / self.model.num_heads)
        if 3 <= even <= wide - 4 and abs(even - narrow) <= 2:
            narrow = even
        return max(narrow, 3), wide - (wide - narrow) % 2

    def rows(self) -> list[Row]:
        """Return the rows from the characters to the logits."""
        return [*self.beginning(), *self.cards(), *self.ending()]

    def beginning(self) -> list[Row]:
        """Draw how characters become a stream."""
        model, width = self.model, self.inner
        size = f"{model.block_size:,} × {model.embed_dim:,}"
        positions = entry("+ positions", size, self.counts.positions, width)
        if model.positions == "rope":
            positions = entry("rotary positions", "turn the heads", 0, width)
        elif model.positions == "sinusoidal":
            positions = entry("+ positions", "sines and cosines", 0, width)
        embedding = entry("embedding", f"{model.vocab_size:,} × {model.embed_dim:,}", self.counts.embedding, width)
        return [
            [Piece("  ╻ ", STREAM), Piece(f"{model.block_size:,} characters", NAME), Piece(" of context", FAINT)],
            [Piece("  ┃ ", STREAM), *embedding],
            *self.through(self.narrow),
            [Piece("  ┃ ", STREAM), *positions],
            *[[Piece("  ┃", STREAM)]] * self.grown["start"],
        ]

    def through(self, columns: int, indent: int = 0) -> list[Row]:
        """Draw a flat box that the stream goes through."""
        line = "─" * (columns - 2)
        before = " " * (indent + 1)
        return [
            [Piece(f"{before}┌", BOX), Piece("┸", STREAM), Piece(f"{line}┐", BOX)],
            [Piece(f"{before}└", BOX), Piece("┰", STREAM), Piece(f"{line}┘", BOX)],
        ]

    def ending(self) -> list[Row]:
        """Draw how the stream becomes logits."""
        model, indent = self.model, self.behind
        stream = Piece(" " * indent + "  ┃ ", STREAM)
        width = self.inner - indent
        return [
            *[[stream]] * self.grown["end"],
            [stream, *entry("norm", "", self.counts.final_norm, width)] if self.counts.final_norm else [stream],
            [stream, *entry("logits", *stream_end(model, self.counts), width)],
            *self.through(min(self.columns(model.vocab_size), width), indent),
            [
                Piece(" " * indent + "  ▼ ", STREAM),
                Piece(f"{model.vocab_size:,} logits", NAME),
                Piece(", one for each next character", FAINT),
            ],
        ]

    def cards(self) -> list[Row]:
        """Draw the first block as a card, and the others as cards behind it."""
        inside = [*self.attention(), *[[Piece("┃", STREAM)]] * self.grown["between"], *self.feed_forward()]
        rows = [self.card_top()]
        for number, row in enumerate(inside, 1):
            gap = self.inner + 2 - sum(len(piece.text) for piece in row)
            rows.append([Piece("│ ", CARD), *row, Piece(" " * gap + " │" + self.edges(number), CARD)])
        edge = "─" * (self.inner + 4)
        for number in range(self.behind + 1):
            before, after = " " * number, "│" * (self.behind - number)
            if number < self.behind:
                rows.append([Piece(f"{before}╰{edge}╯{after}", CARD)])
                continue
            undrawn = self.model.num_layers - 1 - self.behind
            words = f" and {undrawn:,} more " if undrawn else ""
            line = "─" * (self.inner + 1 - len(words)) + words + "─"
            rows.append([Piece(f"{before}╰─", CARD), Piece("┰", STREAM), Piece(f"{line}╯", CARD)])
        return rows

    def card_top(self) -> Row:
        """Draw the upper edge of the first card, with the number of blocks and the parameters of each."""
        layers = self.model.num_layers
        name = " block " if layers == 1 else f" {layers:,} blocks, each "
        count = f" {self.counts.block:,} "
        gap = "─" * (self.inner + 1 - len(name) - len(count))
        return [
            Piece("╭─", CARD),
            Piece("╂", STREAM),
            Piece(name, NAME),
            Piece(gap, CARD),
            Piece(count, COUNT),
            Piece("─╮", CARD),
        ]

    def edges(self, row: int) -> str:
        """Return the right edges of the cards behind the first, each a row lower than the one before it."""
        return "".join("│" if number < row else "╮" if number == row else " " for number in range(1, self.behind + 1))

    def reading(self) -> Row:
        """Draw the branch that reads a normalised copy of the stream."""
        after = "" if self.model.norm_position == "pre" else "after ⊕"
        norm = entry("norm", after, self.counts.norm, self.inner - 2)
        return [Piece("┠─▶ ", STREAM), *norm]

    def adding(self) -> Row:
        """Draw how the branch is added to the stream."""
        axis = 3 + self.wide // 2
        return [Piece("⊕◀" + "─" * axis + "┘", STREAM)]

    def attention(self) -> list[Row]:
        """Draw attention, a column for each head."""
        model, columns = self.model, self.narrow
        dividers = {round(head * (columns - 1) / model.num_heads) for head in range(model.num_heads + 1)}
        first = min(dividers - {0})
        name = str(model.head_dim)
        walls = "".join("│" if place in dividers else " " for place in range(columns))
        named = walls
        if len(name) < first:
            cells = itertools.pairwise(sorted(dividers))
            named = "│" + "".join(name.center(after - before - 1) + "│" for before, after in cells)
        height = 1 + self.grown["heads"]
        margin = [Piece("┃", STREAM), Piece(" " * (4 + (self.wide - columns) // 2))]
        top, bottom = ("".join(mark if place in dividers else "─" for place in range(columns)) for mark in "┬┴")
        boxes = [f"┌{top[1:-1]}┐", *[walls] * height, f"└{bottom[1:-1]}┘"]
        boxes[1 + (height - 1) // 2] = named
        label = entry("attention", heads(model), self.counts.attention, self.inner)
        return [
            self.reading(),
            [Piece("┃ ", STREAM), *label],
            *[[*margin, Piece(box, BOX)] for box in boxes],
            self.adding(),
        ]

    def feed_forward(self) -> list[Row]:
        """Draw the feed-forward network, which widens the stream and narrows it again."""
        model, narrow, wide = self.model, self.narrow, self.wide
        side = (wide - narrow) // 2
        height = self.grown["hidden"]
        boxes = [
            " " * side + f"┌{'─' * (narrow - 2)}┐",
            f"┌{'─' * (side - 1)}┴{'─' * (narrow - 2)}┴{'─' * (side - 1)}┐",
            *[f"│{' ' * (wide - 2)}│"] * height,
            f"└{'─' * (side - 1)}┬{'─' * (narrow - 2)}┬{'─' * (side - 1)}┘",
            " " * side + f"└{'─' * (narrow - 2)}┘",
        ]
        if height:
            boxes[2 + (height - 1) // 2] = f"│{f'{model.hidden_dim:,}'.center(wide - 2)}│"
        label = entry("feed-forward", widths(model), self.counts.feed_forward, self.inner)
        return [
            self.reading(),
            [Piece("┃ ", STREAM), *label],
            *[[Piece("┃", STREAM), Piece(" " * 4), Piece(box, BOX)] for box in boxes],
            self.adding(),
        ]
