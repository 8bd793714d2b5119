"""The mean over the past, as a loop.

A position that is to guess the next character should know what came before it, so it has to gather from the past.

The simplest way to gather is to take the mean of everything up to and including itself.

A loop says that plainly: for each position, cut off what comes later, and average what is left.
"""

from typing import Any

from keras import ops


def mean_by_loop(x: Any) -> dict[str, Any]:
    """Give each position the mean of itself and all positions before it.

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
