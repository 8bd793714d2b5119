"""Self-attention, one idea a file, from a mean to a transformer's block.

Each file of `ORDER` holds a step: its docstring is a title and three sentences, and its function, which has the
file's name, computes the step. They are read in this order; what they say is read without loading TensorFlow.
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
    """Read what every step says, by its name, in reading order."""
    return {name: read_step(name) for name in ORDER}
