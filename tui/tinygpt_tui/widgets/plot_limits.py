"""Zooming: which part of the loss plot is shown."""

import math
from typing import NamedTuple

CLOSER = 0.8  # of a span remains after one key


class Limits(NamedTuple):
    """A part of the plane of steps and losses."""

    left: float
    right: float
    low: float
    high: float


def zoomed(limits: Limits, whole: Limits, newest: tuple[float, float], way: int) -> Limits:
    """Return the limits one key closer or farther: the newest point stays in sight if it is, and so does the bottom.

    Args:
        limits: The limits now.
        whole: Those of the whole plot, which bound the new ones.
        newest: The step of the newest point, and a loss with some room above it.
        way: Closer (1) or farther (-1).

    Returns:
        The new limits; exactly the whole ones where they are reached.
    """
    scale = CLOSER if way > 0 else 1 / CLOSER
    step, loss = newest
    anchor = min(max(step, limits.left), limits.right)
    width, height = (limits.right - limits.left) * scale, (limits.high - limits.low) * scale
    if limits.low <= loss <= limits.high:
        height = max(height, loss - limits.low)
    left, right = placed(anchor - (anchor - limits.left) * scale, width, whole.left, whole.right)
    low, high = placed(limits.low, height, whole.low, whole.high)
    return Limits(left, right, low, high)


def placed(start: float, span: float, least: float, most: float) -> tuple[float, float]:
    """Return where a span starts and ends once it is moved, and if need be shortened, to lie within bounds."""
    room = most - least
    if span > room or math.isclose(span, room):
        return least, most
    start = min(max(start, least), most - span)
    return start, start + span
