"""A model drawn with box characters: as wide as its stream, a column for each head, a card for each block."""

from collections import Counter

from textual.content import Content

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.beside import Beside
from tinygpt_tui.architecture.ends import embedding, ending
from tinygpt_tui.architecture.parts import parts
from tinygpt_tui.architecture.pieces import FAINT, NAME, STREAM, Piece, Row, assembled, length
from tinygpt_tui.architecture.simple import draw_bigram, outline
from tinygpt_tui.architecture.stack import GROWING, Frame, Stack, columns, scaled

LANE = 35  # columns of the lane for boxes at which they have their own scale
MARGIN = 4  # columns left of what a branch holds: the card's edge and the stream
CARDS = 8  # drawn at most, one behind the other
NARROW = 34  # columns below which no cards are drawn behind the first
NARROWEST = 30  # columns below which an outline in words is clearer than boxes
LOWEST = 25  # rows of a drawing without anything that may be left out


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
    rows = outline(model, width)
    if width >= NARROWEST:
        drawing = Beside(model, width, height) if model.replies else Drawing(model, width, height)
        boxes = drawing.rows()
        rows = boxes if len(boxes) <= height and max(map(length, boxes)) <= width else rows
    return assembled(rows, width, height)


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
        behind = min(model.num_layers - 1, most)
        self.lane = width - MARGIN - 2 - most - 3
        """The most columns of a box; the same for any number of blocks."""
        grown = Counter(GROWING[: max(height - LOWEST - behind, 0)])
        self.frame = Frame(width - MARGIN - 2 - behind, behind, *scaled(model, self.lane, LANE), grown)

    def rows(self) -> list[Row]:
        """Return the rows from the characters to the logits."""
        model, counts, frame = self.model, self.counts, self.frame
        return [
            [Piece("  ╻ ", STREAM), Piece(f"{model.block_size:,} characters", NAME), Piece(" of context", FAINT)],
            *embedding(model, counts, frame),
            *Stack(model, counts, frame, model.num_layers, ("",)).rows(),
            *ending(model, counts, frame, columns(model.vocab_size, self.lane, LANE)),
        ]
