"""A suffix array: the sorted suffixes of a text, in which any part of it is found by bisection."""

import bisect

import numpy as np
from numpy.typing import NDArray


def suffix_array(text: str) -> NDArray[np.int64]:
    """Sort the suffixes of a text, by doubling the length of what is compared (https://doi.org/10.1137/0222058).

    Args:
        text: N characters.

    Returns:
        Where each suffix begins, in the order of the suffixes, `(N,)`.
    """
    rank = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    count, compared = len(rank), 1
    while True:
        following = np.zeros(count, np.int64)
        following[: count - compared] = rank[compared:] + 1  # 0 where the text has ended, which comes first
        pairs = rank * (int(following.max(initial=0)) + 1) + following
        order = np.argsort(pairs, kind="stable")
        rank = np.empty(count, np.int64)
        rank[order] = np.cumsum(np.diff(pairs[order], prepend=pairs[order[:1]]) > 0)
        compared *= 2
        if compared >= count or rank.max() == count - 1:
            return order


def longest_prefix(text: str, order: NDArray[np.int64], wanted: str) -> tuple[int, int]:
    """Find the longest beginning of `wanted` that stands in a text.

    Args:
        text: The text.
        order: Its suffix array.
        wanted: What to find.

    Returns:
        How many characters it has, 0 if not even the first is there, and where in the text it begins.
    """
    place = bisect.bisect_left(order, wanted, key=lambda begin: text[begin : begin + len(wanted)])
    neighbours = [int(begin) for begin in order[max(place - 1, 0) : place + 1]]
    return max(((alike(text[begin : begin + len(wanted)], wanted), begin) for begin in neighbours), default=(0, 0))


def alike(first: str, second: str) -> int:
    """Count with how many equal characters two texts begin."""
    differ = (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    return next(differ, min(len(first), len(second)))
