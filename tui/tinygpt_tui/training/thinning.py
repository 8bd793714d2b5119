"""Downsampling of a curve to a plot's columns, without a visible difference."""

from collections.abc import Sequence


def thinned(xs: Sequence[float], ys: Sequence[float], columns: int) -> tuple[list[float], list[float]]:
    """Keep the lowest and the highest point of each column, and the curve's last point.

    Args:
        xs: The x values, in ascending order.
        ys: The y values, equally many.
        columns: The plot's width in columns.

    Returns:
        At most `2 * columns + 1` points, in order; all points if there are at most two per column.
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
