"""A tour of self-attention, one idea a file, from a mean to a transformer block.

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
)

__all__ = ["ORDER", "Step", "read_steps"]


def read_steps() -> dict[str, Step]:
    """Return every step by name, in reading order."""
    return {name: read_step(name) for name in ORDER}
