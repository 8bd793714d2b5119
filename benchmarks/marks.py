"""Times of many calls, and whether they keep to a mark."""

import math


def percentile(times: list[float], share: float) -> float:
    """Return the time that a share of the calls keep to: the nearest rank."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


def line(times: dict[str, float], mark_s: float) -> str:
    """Return a row of the table."""
    verdict = "met" if times["p95_s"] <= mark_s else "missed"
    return f"{1000 * times['median_s']:7.1f} ms, 95 %: {1000 * times['p95_s']:7.1f} ms; {1000 * mark_s:.0f} {verdict}"
