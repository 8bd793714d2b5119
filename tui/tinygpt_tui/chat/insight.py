"""What a model says of a character: how likely it found each, and where it looked."""

import heapq
from dataclasses import dataclass

from tinygpt_keras.worker.protocol import Inspected

NAMES = {"\n": "↵", " ": "␣", "\t": "⇥"}


@dataclass(frozen=True)
class Insight:
    """A worker's answer to `inspect`."""

    context: str
    """What the model had before it."""
    chances: list[tuple[str, float]]
    """Every character with its probability, the likeliest first."""
    attention: list[list[list[float]]]
    """What each head of each block takes from each character of the context."""

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.attention)

    @property
    def heads(self) -> int:
        """How many heads a block has."""
        return len(self.attention[0]) if self.attention else 0

    def rank(self, character: str) -> int | None:
        """Say which choice a character would have been, from 1; `None` where the model does not know it."""
        return next((rank for rank, (other, _) in enumerate(self.chances, 1) if other == character), None)

    def shares(self, block: int | None = None, head: int | None = None) -> list[float]:
        """Give how much was taken from each character of the context.

        Args:
            block: Which block; the mean of all when not given.
            head: Which head of it; the mean of all when not given.

        Returns:
            Shares that sum to one; none where there are no blocks.
        """
        blocks = self.attention if block is None else [self.attention[block]]
        rows = [row for heads in blocks for row in (heads if head is None else [heads[head]])]
        return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def insight(answer: Inspected) -> Insight:
    """Return what the worker found."""
    return Insight(answer.context, answer.chances, answer.attention)


def greatest(shares: list[float], count: int) -> list[tuple[int, float]]:
    """Find the greatest of some shares: their places with them, the greatest first."""
    return heapq.nlargest(count, enumerate(shares), key=lambda item: item[1])


def visible(character: str) -> str:
    """Show a character, also one that leaves nothing to see."""
    return NAMES.get(character, character)
