"""What is looked at: a model, a text with a cursor, a view, and the parts of the model that are chosen or off."""

from dataclasses import dataclass, field

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.findings import ACROSS, BOTH_WAYS, SELF
from tinygpt_keras.findings.words import head_name
from tinygpt_keras.text.pairs import END
from tinygpt_tui.runs.choices import Choice

POSITIONS = "positions"
LONGEST_NAME = 20  # characters of a unit's
VIEWS = {
    "next": "Next",
    "attention": "Attention",
    "surprise": "Surprise",
    "lens": "Lens",
    "without": "Ablation",
    "neurons": "Neurons",
}


@dataclass
class Gaze:
    """The state of the screen Look."""

    choice: Choice
    model: ModelConfig
    text: str
    """The whole text, in characters that the model knows; at least one. A reply begins with its start."""
    place: int
    """The cursor's place in the text."""
    view: str = "next"
    block: int = 0
    head: int = 0
    """The chosen head of the block; one more than the heads for the feed-forward network."""
    off: set[str] = field(default_factory=set[str])
    """The parts of the model that are switched off."""
    is_ranked: bool = False
    """Whether all parts are compared, each alone off, in place of those that are switched off."""
    unit: tuple[int, int] | None = None
    """The block and number of the hidden unit that is painted over the text."""
    source: str = ""
    """What the text replies to, as much as the model reads of it; empty if the model continues texts."""
    kind: str = SELF
    """The kind of attention whose heads are chosen from."""

    def __post_init__(self) -> None:
        """Begin with cross-attention where there is some."""
        self.kind = self.kinds[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of attention that the model has."""
        return (ACROSS, SELF, BOTH_WAYS) if self.model.replies else (SELF,)

    @property
    def above(self) -> str:
        """What stands above the text: the source, with its end."""
        return self.source + END if self.model.replies else ""

    @property
    def below(self) -> str:
        """What the model predicts after the whole text: the end of a reply that fits into its context."""
        return END if self.model.replies and len(self.text) <= self.model.block_size else ""

    @property
    def character(self) -> str:
        """The character under the cursor."""
        return self.text[self.place]

    @property
    def has_blocks(self) -> bool:
        """Whether the model has blocks; a bigram has none."""
        return self.model.architecture != "bigram"

    @property
    def part(self) -> str:
        """The name of the chosen head or feed-forward network; after the heads that look across, all of them."""
        if self.head < self.model.num_heads:
            return head_name(self.kind, self.block, self.head)
        return ACROSS if self.kind == ACROSS else f"{self.stack}blocks.{self.block}.feed_forward"

    @property
    def stack(self) -> str:
        """What the names of the parts begin with that are chosen from: `encoder.` or nothing."""
        return "encoder." if self.kind == BOTH_WAYS else ""

    @property
    def last(self) -> int:
        """The last place for the cursor; of a long reply the model reads only the beginning."""
        return (min(len(self.text), self.model.block_size) if self.model.replies else len(self.text)) - 1

    @property
    def window(self) -> tuple[int, int]:
        """Where in the text the model reads: a whole context, which the cursor is in."""
        if self.model.replies:
            return 0, self.last + 1
        end = min(max(self.place + 1, self.model.block_size), len(self.text))
        return max(end - self.model.block_size, 0), end

    @property
    def read(self) -> str:
        """What the model is given: what it reads, and the character before, from which it predicts the first one.

        A reply is given as a whole, without its start, which the model adds.
        """
        if self.model.replies:
            return self.written
        begin, end = self.window
        return self.text[max(begin - 1, 0) : end]

    @property
    def written(self) -> str:
        """The text without the start of a reply."""
        return self.text[1:] if self.model.replies else self.text

    def goes_on(self, character: str) -> bool:
        """Whether the model can write on after a character: a reply may have ended, or be as long as its context."""
        return not self.model.replies or (character != END and len(self.text) < self.model.block_size)

    def point(self, place: int) -> None:
        """Move the cursor to a place, or to the nearer end of the text."""
        self.place = min(max(place, 0), self.last)

    def move_line(self, way: int) -> None:
        """Move to the start of the next line (1), or of this line, or if already there, the previous one (-1)."""
        if way > 0:
            end = self.text.find("\n", self.place)
            self.point(len(self.text) if end < 0 else end + 1)
            return
        start = self.text.rfind("\n", 0, self.place) + 1
        self.point(start if start < self.place else self.text.rfind("\n", 0, max(start - 1, 0)) + 1)

    def turn_block(self, way: int) -> None:
        """Choose the next block (1) or the one before (-1)."""
        self.block = (self.block + way) % max(self.model.num_layers, 1)

    def turn_head(self, way: int) -> None:
        """Choose the next head; after the last one, in the ablation, the feed-forward network or all of its kind."""
        columns = self.model.num_heads + (self.view == "without")
        self.head = (self.head + way) % columns

    def turn_kind(self) -> None:
        """Choose from the heads of the next kind of attention."""
        self.kind = self.kinds[(self.kinds.index(self.kind) + 1) % len(self.kinds)]

    def choose(self, block: int, head: int) -> None:
        """Choose a head."""
        self.block, self.head = block, head

    def turn_ranking(self) -> None:
        """Compare all parts, or look at the chosen ones again."""
        self.is_ranked = not self.is_ranked

    def toggle(self, part: str) -> None:
        """Switch a part of the model off, or on again."""
        self.off ^= {part}

    def go_to_unit(self, name: str) -> None:
        """Choose a hidden unit by its block and number, such as 2.17.

        Raises:
            InputError: When there is no such unit.
        """
        block, _, unit = name.partition(".")
        is_known = block.isdecimal() and unit.isdecimal() and len(name) < LONGEST_NAME
        if not is_known or not 1 <= int(block) <= self.model.num_layers or not 1 <= int(unit) <= self.model.hidden_dim:
            raise InputError("there is no such unit. Give a block and a number, such as 2.17.")
        self.unit = int(block) - 1, int(unit) - 1

    def show(self, view: str) -> None:
        """Change the view."""
        self.view = view
        if view != "without":
            self.head = min(self.head, self.model.num_heads - 1)

    def read_anew(self, text: str, place: int | None = None) -> None:
        """Look at another text, from a place or from its end."""
        self.text = text
        self.point(len(text) - 1 if place is None else place)
