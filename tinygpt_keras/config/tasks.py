"""Tasks: what a run learns, and what each changes in a recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TEXT = "text"
SPEECHES = "speeches"
PAIRS = "pairs"
REPLYING = "transformer"  # the architecture that learns pairs


@dataclass(frozen=True)
class Task:
    """What a run learns."""

    description: str
    is_made: bool = False
    """Whether the package makes its pairs."""
    has_answers: bool = False
    """Whether each source has one right reply, so that it makes sense to count those that are exactly right."""
    separator: str = " → "
    """What stands between a source and a reply where both are shown."""
    changes: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    """Fields of the preset that have other values."""


# Short pairs need neither a preset's context, width nor steps; and as nobody could learn 45,000 of them by heart in
# that time, no dropout. They make small steps, which XLA speeds up on a CPU, and about a thousand held-out pairs tell
# how far a run is.
SHORT = {
    **{"block_size": 32, "embed_dim": 64, "batch_size": 64, "steps": 800, "eval_every": 100, "sample_length": 31},
    **{"embedding_dropout": 0.0, "attention_output_dropout": 0.0, "feed_forward_dropout": 0.0},
    **{"eval_characters": 10_000, "jit_compile": "on"},
}


def made(description: str) -> Task:
    """Return a task whose pairs the package makes."""
    return Task(description, is_made=True, has_answers=True, changes=SHORT)


TASKS = {
    TEXT: Task("continue a text", separator=""),
    SPEECHES: Task("answer the speech of a play with the next", separator="\n\n"),
    PAIRS: Task("reply as in a .tsv file, where each line is a source, a tab and its reply", has_answers=True),
    "reverse": made("write a word backwards"),
    "sort": made("write a word's letters in the alphabet's order"),
    "dates": made("write 3rd of May 1607 as 1607-05-03"),
}


def separator(config: Mapping[str, object]) -> str:
    """Return what stands between the prompt and the text of a run's samples, by its configuration in JSON."""
    return TASKS.get(str(config.get("task", TEXT)), TASKS[TEXT]).separator
