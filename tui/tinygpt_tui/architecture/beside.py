"""An encoder-decoder drawn with box characters: the encoder beside the decoder, and what goes across between them."""

from collections import Counter

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.ends import embedding, ending, last_norm
from tinygpt_tui.architecture.parts import ACROSS, BACK, BOTH_WAYS, parts
from tinygpt_tui.architecture.pieces import STREAM, Piece, Row, entry, length
from tinygpt_tui.architecture.stack import GROWING, Frame, Stack, columns, scaled

GUTTER = 3  # columns between the two, where the encoder's output goes across
EDGES, NARROW_EDGES = 6, 4  # columns of a card beside its content
ROOMY = 32  # columns of content in which a part has its name, its dimensions and its parameters in one row
LANE, NARROW_LANE = 35, 22  # columns of the lane for boxes at which they have their own scale
CARDS = 4  # drawn at most, one behind the other


class Beside:
    """The drawing of an encoder-decoder, for one size of the screen.

    Args:
        model: The architecture.
        width: The columns that it may take.
        height: The rows that it may take.
    """

    def __init__(self, model: ModelConfig, width: int, height: int) -> None:
        self.model = model
        self.counts = parts(model)
        self.width = (width - GUTTER) // 2
        """The columns of each stack."""
        is_roomy = self.width - EDGES - CARDS >= ROOMY
        lowest = 31 if is_roomy else 34
        most = max(min(CARDS if is_roomy else 1, height - lowest), 0)
        behind = min(model.num_layers - 1, most)
        edges, margin = (EDGES, 4) if is_roomy else (NARROW_EDGES, 1)
        inner = self.width - edges - behind
        self.lane = max(self.width - edges - most + 1 - margin, 3)
        self.full = LANE if is_roomy else NARROW_LANE
        # A row of an attention's box is a row of each of the two in the decoder, and so is a gap.
        grown: Counter[str] = Counter()
        free = height - lowest - behind
        for name in GROWING:
            free -= 2 if name in ("heads", "between") else 1
            if free < 0:
                break
            grown[name] += 1
        self.frame = Frame(inner, behind, *scaled(model, self.lane, self.full), grown, margin)
        self.left, self.right = (
            Stack(model, self.counts, self.frame, model.num_layers, looks) for looks in ((BOTH_WAYS,), (BACK, ACROSS))
        )

    def rows(self) -> list[Row]:
        """Return the rows from the source and the reply to the logits."""
        encoder, decoder = self.encoder(), self.decoder()
        into, out = self.head + self.right.last_attention, len(encoder) - 1
        rows: list[Row] = []
        for number in range(max(len(encoder), len(decoder))):
            left = encoder[number] if number < len(encoder) else []
            right = decoder[number] if number < len(decoder) else []
            gap = " " * (self.width - length(left))
            between = " ┏▶" if number == into else "━┛ " if number == out else " ┃ " if into < number < out else "   "
            rows.append([*left, Piece(gap), Piece(between, STREAM), *right])
        return rows

    def encoder(self) -> list[Row]:
        """Draw the encoder; its last row leads to the right edge."""
        model, counts, frame = self.model, self.counts, self.frame
        corner = frame.below("┗")
        return [
            [frame.above("╻ "), *entry("encoder: source", f"{model.block_size:,} characters", 0, frame.inner)],
            *embedding(model, counts, frame),
            *self.left.rows(),
            *last_norm(counts, frame),
            [corner, Piece("━" * (self.width - length([corner])), STREAM)],
        ]

    def decoder(self) -> list[Row]:
        """Draw the decoder, which ends in the logits."""
        model, counts, frame = self.model, self.counts, self.frame
        return [
            [frame.above("╻ "), *entry("decoder: reply", "so far", 0, frame.inner)],
            *embedding(model, counts, frame, is_shared=True),
            *self.right.rows(),
            *ending(model, counts, frame, columns(model.classes, self.lane, self.full)),
        ]

    @property
    def head(self) -> int:
        """The rows above the cards."""
        return 1 + len(embedding(self.model, self.counts, self.frame))
