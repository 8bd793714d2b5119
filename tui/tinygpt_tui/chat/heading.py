"""The headline of the chat: the models, and what they are good for."""

from collections.abc import Sequence

NOTE = "a base model: it continues a {}, answers no questions"
BOTH = "base models: they continue a {}, with the same words and the same seed"


def headline(labels: Sequence[str], is_play: bool) -> str:
    """Return the headline.

    Args:
        labels: The labels of the chosen models: none, one or two.
        is_play: Whether a play is written, not any text.
    """
    note = (NOTE if len(labels) < 2 else BOTH).format("play" if is_play else "text")
    return " · ".join((" beside ".join(labels), note)) if labels else note
