"""What the views find, as plain values: for JSON, for drawing, and for other processes."""

import msgspec


class Chance(msgspec.Struct):
    """A character and its probability."""

    character: str
    probability: float


class Next(msgspec.Struct):
    """What comes after a text."""

    text: str
    raw: list[Chance]
    """What the model computed, the likeliest first."""
    drawn: list[Chance]
    """After temperature, top-k, top-p and min-p, the likeliest first; what cannot be drawn is left out."""


class Attention(msgspec.Struct):
    """How much each position of a text of T characters looked at each earlier one."""

    text: str
    weights: list[list[list[list[float]]]]
    """`(L, H, T, t + 1)`: row t has the weights of the characters up to t, which sum to one."""


class Surprise(msgspec.Struct):
    """How many bits the model needs for each character of a text."""

    text: str
    bits: list[float]
    mean_bits: float
    loss: float
    """The mean in nats, as training plots it."""


class Lens(msgspec.Struct):
    """What each block would have said comes after a text."""

    text: str
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


class Costs(msgspec.Struct):
    """What each part of a model is worth for a text."""

    text: str
    bits: float
    """Mean bits a character with the whole model."""
    next: list[Chance]
    parts: list[Cost]


class Unit(msgspec.Struct):
    """A hidden unit, what it detects, and its activation over a text."""

    block: int
    unit: int
    concept: str
    auc: float
    """Area under the ROC curve: how surely its activation tells the concept, from 0.5 to 1."""
    activations: list[float]
    """`(T,)`."""


class Units(msgspec.Struct):
    """The units that tell each concept best."""

    text: str
    units: list[Unit]


class Memorised(msgspec.Struct):
    """The longest run of characters that a text shares with the training text."""

    text: str
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


class Walk(msgspec.Struct):
    """A whole text, character by character."""

    run: str
    """The run's name, and the step of its checkpoint if it is not the best."""
    text: str
    cut: bool
    """Whether the beginning of the text did not fit into the context."""
    mean_bits: float
    characters: int
    """How many different characters the model knows."""
    blocks: int
    heads: int
    places: list[Place]
    """`(T,)`."""


Finding = Next | Attention | Surprise | Lens | Costs | Units | Memorised
