"""A model's prediction of one character: the probabilities and the attention weights."""

import heapq
from dataclasses import dataclass
from typing import NamedTuple

from tinygpt_keras.findings.words import symbol
from tinygpt_keras.worker.protocol import Inspected
from tinygpt_tui.chat.inquiry import Inquiry, Question


@dataclass(frozen=True)
class Insight:
    """A worker's answer to `inspect`."""

    context: str
    """The context that the model read."""
    chances: list[tuple[str, float]]
    """Every character with its probability, likeliest first."""
    attention: list[list[list[float]]]
    """The attention weights by block, head and character of the context; after the heads of self-attention, of a model
    that replies, those of cross-attention."""
    source: str = ""
    """What is replied to, with its end; the context begins with it."""

    @property
    def blocks(self) -> int:
        """The number of blocks."""
        return len(self.attention)

    @property
    def heads(self) -> int:
        """The number of heads of a block."""
        return len(self.attention[0]) if self.attention else 0

    @property
    def own(self) -> int:
        """How many of them are of self-attention."""
        return self.heads // 2 if self.source else self.heads

    def rank(self, character: str) -> int | None:
        """Return a character's rank by probability, from 1; `None` if it is not in the vocabulary."""
        return next((rank for rank, (other, _) in enumerate(self.chances, 1) if other == character), None)

    def shares(self, block: int | None = None, head: int | None = None) -> list[float]:
        """Return the attention weight of each character of the context.

        Args:
            block: The block's index; the mean over all if `None`.
            head: The head's index; the mean over all if `None`.

        Returns:
            Weights that sum to 1; empty for a model without blocks.
        """
        blocks = self.attention if block is None else [self.attention[block]]
        rows = [row for heads in blocks for row in (heads if head is None else [heads[head]])]
        return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


class Found(NamedTuple):
    """A question and its answer, kept together while newer questions are asked."""

    inquiry: Inquiry
    question: Question
    insight: Insight


def insight(answer: Inspected) -> Insight:
    """Return what the worker found."""
    if not answer.source:
        return Insight(answer.context, answer.chances, answer.attention)
    # One text and one list of heads, so that everything else need not tell the two kinds of models apart.
    before, after = [0.0] * len(answer.source), [0.0] * len(answer.context)
    attention = [
        [*(before + row for row in own), *(row + after for row in across)]
        for own, across in zip(answer.attention, answer.across, strict=True)
    ]
    return Insight(answer.source + answer.context, answer.chances, attention, answer.source)


def greatest(shares: list[float], count: int) -> list[tuple[int, float]]:
    """Return the `count` greatest shares with their indices, greatest first."""
    return heapq.nlargest(count, enumerate(shares), key=lambda item: item[1])


def verdict(found: Insight, character: str) -> str:
    """Return the probability and rank of the written character, in words."""
    rank = found.rank(character)
    if rank is None:
        return f"“{symbol(character)}” is not among its characters"
    chance = 100 * found.chances[rank - 1][1]
    how = f"a chance of {chance:.1f} %" if chance >= 0.05 else "hardly a chance"
    return f"“{symbol(character)}” had {how}, choice {rank} of {len(found.chances):,}"


def head_name(found: Insight, head: int) -> str:
    """Name a head: `head 2`, or `cross-head 2` of those that look across at the source."""
    return f"head {head + 1}" if head < found.own else f"cross-head {head + 1 - found.own}"


def eyes(found: Insight, block: int | None, head: int | None) -> str:
    """Return the block and head whose attention is shown, in words; `None` stands for all."""
    blocks = "all blocks" if block is None else f"block {block + 1}"
    heads = "all heads" if head is None else head_name(found, head)
    return f"{blocks}, {heads}"


def turned(value: int | None, way: int, count: int) -> int | None:
    """Return the next selection in a cycle of all together (`None`) and each of `count`."""
    place = ((0 if value is None else value + 1) + way) % (count + 1)
    return None if place == 0 else place - 1
