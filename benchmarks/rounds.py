"""Two sides or more measured in turn, and what their rounds say: only numbers of the same round are compared."""

import statistics
from collections.abc import Callable, Mapping

ROUNDS = 5
Round = dict[str, float]


def alternate(sides: Mapping[str, Callable[[], float]], count: int = ROUNDS, warm: int = 1) -> list[Round]:
    """Ask every side in turn, over and over.

    Args:
        sides: What measures each side, by its name.
        count: How many rounds are counted.
        warm: How many come before them, and are not.

    Returns:
        What each side answered in each round.
    """
    return [{name: measure() for name, measure in sides.items()} for _ in range(warm + count)][warm:]


def median(rounds: list[Round], side: str) -> float:
    """Give the median of what a side answered."""
    return statistics.median(each[side] for each in rounds)


def ratio(rounds: list[Round], one: str, *others: str) -> float:
    """Give the median of one side over another in the same round.

    Args:
        rounds: What was answered.
        one: The side above the line.
        *others: The side below the line; of several the one with the greatest median.

    Returns:
        The ratio, not rounded: a mark is met or missed by what was measured.
    """
    other = max(others, key=lambda side: median(rounds, side))
    return statistics.median(each[one] / each[other] for each in rounds)


def verdict(value: float, mark: float, at_least: bool = True) -> str:
    """Word a mark and whether it was met.

    Args:
        value: What was measured.
        mark: What was asked for.
        at_least: Whether more is better; otherwise less is.

    Returns:
        Such as `mark 20: met`.
    """
    met = value >= mark if at_least else value <= mark
    return f"mark {'' if at_least else 'at most '}{mark:g}: {'met' if met else 'MISSED'}"
