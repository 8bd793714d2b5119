"""Lines that are drawn when they come into sight, for lists that may have thousands."""

from collections.abc import Callable, Sequence
from typing import overload

from textual.content import Content


class Rows(Sequence[Content]):
    """Some lines, and below them rows that a function draws.

    Args:
        above: The lines above the rows.
        length: How many rows there are.
        draw: Draws a row by its number.
    """

    def __init__(self, above: Sequence[Content], length: int, draw: Callable[[int], Content]) -> None:
        self.above = above
        self.length = length
        self.draw = draw

    def __len__(self) -> int:
        return len(self.above) + self.length

    @overload
    def __getitem__(self, index: int) -> Content: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Content]: ...
    def __getitem__(self, index: int | slice) -> Content | Sequence[Content]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        number = index % len(self) - len(self.above)
        return self.draw(number) if number >= 0 else self.above[number]
