"""Fewer points, the same picture: a curve reduced to what a plot's columns can show."""

from collections.abc import Sequence


def thinned(xs: Sequence[float], ys: Sequence[float], columns: int) -> tuple[list[float], list[float]]:
    """Keep the lowest and the highest point of every column, and the last of all.

    Args:
        xs: Rising.
        ys: As many.
        columns: How many the plot has.

    Returns:
        At most `2 * columns + 1` points, in order; all of them when they are no more.
    """
    count = len(xs)
    if count <= 2 * columns:
        return list(xs), list(ys)
    kept: list[int] = []
    for column in range(columns):
        start, end = count * column // columns, count * (column + 1) // columns
        part = ys[start:end]
        lowest, highest = start + part.index(min(part)), start + part.index(max(part))
        kept += sorted({lowest, highest})
    if kept[-1] != count - 1:
        kept.append(count - 1)
    return [xs[place] for place in kept], [ys[place] for place in kept]
