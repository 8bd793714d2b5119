"""The mean over the past, as a loop.

To predict the next character, a position needs to gather information from those before it.

The simplest way to gather is the mean of all positions up to and including itself.

A loop states this directly: for each position, cut off what comes later, and average the rest.
"""

from typing import Any

from keras import ops


def mean_by_loop(x: Any) -> dict[str, Any]:
    """Compute the mean of each position and all positions before it.

    Args:
        x: What each position holds, `(B, T, C)`.

    Returns:
        `output`, the means, `(B, T, C)`.
    """
    means: list[Any] = []
    for time in range(ops.shape(x)[1]):
        past = x[:, : time + 1]  # (B, time + 1, C)
        means.append(ops.mean(past, axis=1))  # (B, C)
    return {"output": ops.stack(means, axis=1)}  # (B, T, C)
