"""What the views find, as plain values: for JSON, for drawing, and for other processes."""

import msgspec

SELF, ACROSS, BOTH_WAYS = "attention", "cross_attention", "encoder.attention"
KINDS = (SELF, ACROSS, BOTH_WAYS)
"""The attention of a GPT or a decoder to what came before; a decoder's to the source; an encoder's."""


class Finding(msgspec.Struct, tag_field="view"):
    """What a view found in a text."""

    text: str
    """What the model read."""


class Chance(msgspec.Struct):
    """A character and its probability."""

    character: str
    probability: float


class Next(Finding, tag="next"):
    """What comes after a character."""

    place: int
    """The character's place in the text."""
    raw: list[Chance]
    """What the model computed, the likeliest first."""
    drawn: list[Chance]
    """After temperature, top-k, top-p and min-p, the likeliest first; what cannot be drawn is left out."""


class Attention(Finding, tag="attention"):
    """How much every head looked at each character of a text, from one of them."""

    place: int
    """The place that they looked from, t."""
    weights: list[list[list[float]]]
    """`(L, H, t + 1)`: the weights of the characters up to t, or of all S of `seen`; they sum to one."""
    kind: str = SELF
    """Whose heads they are: one of `KINDS`."""
    seen: str = ""
    """What they looked at if it is a source, which they see as a whole."""


class Head(Finding, tag="head"):
    """How much one head looked at each earlier character, from every character of a text."""

    block: int
    head: int
    weights: list[list[float]]
    """`(T, t + 1)`: row t has the weights of the characters up to t, or of all S of `seen`; they sum to one."""
    kind: str = SELF
    seen: str = ""


class Heads(Finding, tag="heads"):
    """A small picture of every head's attention."""

    maps: list[list[list[list[float]]]]
    """`(L, H, S, S)`: the greatest weight in each of S x S parts of a head's `(T, T)` weights."""
    kind: str = SELF
    seen: str = ""


class Surprise(Finding, tag="surprise"):
    """How many bits the model needs for each character of a text."""

    bits: list[float]
    mean_bits: float
    loss: float
    """The mean in nats, as training plots it."""


class Lens(Finding, tag="lens"):
    """What each block would have said comes after a character."""

    place: int
    """The character's place in the text."""
    stages: list[list[Chance]]
    """After the embedding and after each block: the likeliest characters, the likeliest first."""


class Cost(msgspec.Struct):
    """What a text costs without a part of the model."""

    part: str
    bits: float
    """Mean bits a character."""
    more: float
    """How many bits more than with the whole model."""
    next: list[Chance]
    """The likeliest characters after the text."""


class Costs(Finding, tag="ablation"):
    """What each part of a model is worth for a text."""

    bits: float
    """Mean bits a character with the whole model."""
    next: list[Chance]
    parts: list[Cost]


class Without(Finding, tag="without"):
    """What a text costs, and what comes after a character, with parts of the model switched off."""

    place: int
    """The character's place in the text."""
    off: list[str]
    bits: float
    """Mean bits a character with the whole model."""
    bits_without: float
    """The same without the parts."""
    next: list[Chance]
    """Every character after the one at `place`, the likeliest first."""
    next_without: list[Chance]
    """The same without the parts."""


class Unit(msgspec.Struct):
    """A hidden unit, what it detects, and its activation over a text."""

    block: int
    unit: int
    concept: str
    """The concept that it tells best, as far as was measured; empty if no concept was."""
    auc: float
    """Area under the ROC curve: how surely its activation tells the concept, from 0.5 to 1."""
    activations: list[float]
    """`(T,)`."""


class Units(Finding, tag="neurons"):
    """The units that tell each concept best, or one unit."""

    units: list[Unit]


class Memorised(Finding, tag="memorised"):
    """The longest run of characters that a text shares with the training text."""

    characters: int
    begin: int
    """Where the run begins in the text."""
    place: int
    """Where it begins in the training text."""
    before: str
    """What stands before it there."""
    after: str
    """What stands after it there."""


class Place(msgspec.Struct):
    """What a model did at one character of a text, before it read it."""

    bits: float
    likely: list[Chance]
    """The likeliest characters, the likeliest first."""
    rank: int
    """Where the character itself stands among all, from 1."""
    looked: list[list[list[tuple[int, float]]]]
    """`(L, H)`: the places that each head looked at most, with their weights; -1 is what stands before the text."""
    stages: list[list[Chance]]
    """What it would have said after the embedding and after each block; empty for a bigram, as `looked` is."""
    across: list[list[list[tuple[int, float]]]] = []
    """`(L, H)`: the places of the source that each head of cross-attention looked at most, with their weights."""


class Walk(msgspec.Struct):
    """A whole text, character by character."""

    run: str
    """The run's name, and the step of its checkpoint if it is not the best."""
    text: str
    cut: bool
    """Whether the beginning of the text, or of the source, did not fit into the context."""
    mean_bits: float
    characters: int
    """How many different characters the model knows."""
    blocks: int
    heads: int
    places: list[Place]
    """`(T,)`."""
    source: str = ""
    """What the text replies to, with its end."""


AnyFinding = Next | Attention | Head | Heads | Surprise | Lens | Without | Costs | Units | Memorised
