"""What is looked at: a model, a text with a cursor, a view, and the parts of the model that are chosen or off."""

from dataclasses import dataclass, field

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
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
    """The whole text, in characters that the model knows; at least one."""
    place: int
    """The cursor's place in the text."""
    view: str = "next"
    block: int = 0
    head: int = 0
    """The chosen head of the block; one more than the heads for the feed-forward network."""
    off: set[str] = field(default_factory=set[str])
    """The parts of the model that are switched off."""
    unit: tuple[int, int] | None = None
    """The block and number of the hidden unit that is painted over the text."""

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
        """The name of the chosen head or feed-forward network."""
        name = "feed_forward" if self.head >= self.model.num_heads else f"head.{self.head}"
        return f"blocks.{self.block}.{name}"

    @property
    def window(self) -> tuple[int, int]:
        """Where in the text the model reads: a whole context, which the cursor is in."""
        end = min(max(self.place + 1, self.model.block_size), len(self.text))
        return max(end - self.model.block_size, 0), end

    @property
    def read(self) -> str:
        """What the model is given: what it reads, and the character before, from which it predicts the first one."""
        begin, end = self.window
        return self.text[max(begin - 1, 0) : end]

    def point(self, place: int) -> None:
        """Move the cursor to a place, or to the nearer end of the text."""
        self.place = min(max(place, 0), len(self.text) - 1)

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
        """Choose the next head; after the last one, in the ablation, the feed-forward network."""
        columns = self.model.num_heads + (self.view == "without")
        self.head = (self.head + way) % columns

    def choose(self, block: int, head: int) -> None:
        """Choose a head."""
        self.block, self.head = block, head

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
