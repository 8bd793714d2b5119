"""Measure two or more sides in turn; ratios compare only numbers of the same round."""

import statistics
from collections.abc import Callable, Mapping

ROUNDS = 5
Round = dict[str, float]


def alternate(sides: Mapping[str, Callable[[], float]], count: int = ROUNDS, warm: int = 1) -> list[Round]:
    """Measure every side in turn, round after round.

    Args:
        sides: The function that measures each side, by name.
        count: The number of counted rounds.
        warm: The number of warm-up rounds before them.

    Returns:
        The measurements of each counted round.
    """
    return [{name: measure() for name, measure in sides.items()} for _ in range(warm + count)][warm:]


def median(rounds: list[Round], side: str) -> float:
    """Return the median of a side's measurements."""
    return statistics.median(each[side] for each in rounds)


def ratio(rounds: list[Round], one: str, *others: str) -> float:
    """Return the median ratio of two sides within a round.

    Args:
        rounds: The measurements.
        one: The numerator.
        *others: The denominator; of several sides the one with the greatest median.

    Returns:
        The ratio, not rounded, so that marks are judged by the measured value.
    """
    other = max(others, key=lambda side: median(rounds, side))
    return statistics.median(each[one] / each[other] for each in rounds)


def verdict(value: float, mark: float, at_least: bool = True) -> str:
    """Return a mark and whether it was met, as text.

    Args:
        value: The measured value.
        mark: The target.
        at_least: Whether higher is better; otherwise lower is.

    Returns:
        Such as `mark 20: met`.
    """
    met = value >= mark if at_least else value <= mark
    return f"mark {'' if at_least else 'at most '}{mark:g}: {'met' if met else 'MISSED'}"
