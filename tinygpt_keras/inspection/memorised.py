"""Memorised text: the longest run of characters that a text shares with the training text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection.suffix_array import longest_prefix, suffix_array

LONGEST = 2**24  # characters; sorting takes about 60 bytes and 2 microseconds for each


@dataclass(frozen=True)
class SortedText:
    """A training text that can be searched."""

    text: str
    order: NDArray[np.int64]
    """Its suffix array."""


@dataclass(frozen=True)
class Shared:
    """A run of characters that stands in two texts."""

    characters: int
    """Its length."""
    begin: int
    """Where it begins in the text."""
    place: int
    """Where it begins in the training text."""


def searchable(training_text: str) -> SortedText:
    """Sort a training text for `memorised`; takes seconds for a million characters.

    Raises:
        InputError: When the text is too long.
    """
    check_searchable(len(training_text))
    return SortedText(training_text, suffix_array(training_text))


def check_searchable(characters: int) -> None:
    """Refuse a training text that is too long to sort.

    Raises:
        InputError: When it has more than `LONGEST` characters.
    """
    if characters > LONGEST:
        raise InputError(
            f"the training text has {characters:,} characters, and at most {LONGEST:,} are searched. "
            "Choose another view."
        )


class SortedTexts:
    """Sorts training texts for `memorised`, and keeps the last one."""

    def __init__(self) -> None:
        self._last: SortedText | None = None

    def get(self, training_text: str) -> SortedText:
        """Return a training text, sorted: now, unless it was the last one.

        Raises:
            InputError: When the text is too long.
        """
        if self._last is None or self._last.text != training_text:
            self._last = searchable(training_text)
        return self._last


def memorised(text: str, training: SortedText) -> Shared:
    """Find the longest run of a text that also stands in the training text; takes milliseconds.

    Args:
        text: T characters.
        training: The training text.

    Returns:
        The run; the first one if several are as long.
    """
    longest = Shared(0, 0, 0)
    for begin in range(len(text)):
        characters, place = longest_prefix(training.text, training.order, text[begin:])
        if characters > longest.characters:
            longest = Shared(characters, begin, place)
    return longest
