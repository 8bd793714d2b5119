"""Concepts: properties of a place in a text that a neuron may detect."""

import re

import numpy as np
from numpy.typing import NDArray

# A concept holds at a character if it is part of a match.
CONCEPTS = {
    "inside a name": r"(?m)(?:(?<=\n\n)|\A)[^\n:]{1,60}:$",
    "at a line's end": r".(?=\n)",
    "at a line's beginning": r"(?m)^.",
    "in capitals": r"[A-Z](?=[A-Z])|(?<=[A-Z])[A-Z]",
    "a capital letter": r"[A-Z]",
    "after a vowel": r"(?i)(?<=[aeiou]).",
    "at a word's end": r"\w(?!\w)",
    "punctuation": r"[^\w\s]",
}


def concepts(text: str) -> dict[str, NDArray[np.bool_]]:
    """Mark where each concept holds.

    Args:
        text: T characters.

    Returns:
        Booleans, `(T,)`, by concept. Some depend on later characters, which a model has not read yet: a line's end is
        known from the character after it.
    """
    return {name: marked(pattern, text) for name, pattern in CONCEPTS.items()}


def marked(pattern: str, text: str) -> NDArray[np.bool_]:
    """Return which characters of a text are part of a match, `(T,)`."""
    found = np.zeros(len(text), bool)
    for match in re.finditer(pattern, text):
        found[match.start() : match.end()] = True
    return found
