"""The headline of the chat: the models, and what they are good for."""

from collections.abc import Sequence

NOTE = "a base model: it continues a {}, answers no questions"
BOTH = "base models: they continue a {}, with the same words and the same seed"


REPLIES = "replies to each line by itself, and remembers none before it"
MIXED = "the same words and the same seed; one replies to the last line alone"


def headline(labels: Sequence[str], is_play: bool, replying: int = 0) -> str:
    """Return the headline.

    Args:
        labels: The labels of the chosen models: none, one or two.
        is_play: Whether a play is written, not any text.
        replying: How many of the models reply to a line instead of continuing a text.
    """
    note = (NOTE if len(labels) < 2 else BOTH).format("play" if is_play else "text")
    if replying:
        note = REPLIES if replying == len(labels) else MIXED
    return " · ".join((" beside ".join(labels), note)) if labels else note
