"""A tour of attention, one idea a file: from a mean to the block of a GPT, then how an encoder and a decoder look.

Each file in `ORDER` is a step: its docstring is a title and three sentences, and the function with the file's name
computes it. `ORDER` is the reading order. The texts are read without importing TensorFlow.
"""

from tinygpt_keras.tour.step import Step, read_step

ORDER = (
    "mean_by_loop",
    "mean_by_matrix",
    "mean_by_softmax",
    "one_head",
    "scaled_head",
    "several_heads",
    "block",
    "looking_both_ways",
    "looking_across",
)
CAUSAL = ORDER[:7]
"""The steps in which a position sees itself and the earlier ones only."""

__all__ = ["CAUSAL", "ORDER", "Step", "read_steps"]


def read_steps() -> dict[str, Step]:
    """Return every step by name, in reading order."""
    return {name: read_step(name) for name in ORDER}
