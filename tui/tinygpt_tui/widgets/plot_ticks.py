"""Where the axes of the loss plot have labels, and which."""

import re
from collections.abc import Sequence

from textual_plot.axis_formatter import AxisFormatter, NumericAxisFormatter

NOT_A_NAME = re.compile(r"[^A-Za-z0-9 _-]")  # the canvas parses labels as markup, and names come from a file


class LossTicks(AxisFormatter):
    """Labels the loss axis: rungs by name, and round numbers where there is room.

    Args:
        rungs: The losses of the n-gram baselines, by name.
    """

    def __init__(self, rungs: dict[str, float]) -> None:
        self.rows = 10
        self._rungs = sorted((loss, NOT_A_NAME.sub("?", name)) for name, loss in rungs.items())
        self._names: dict[float, str] = {}

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """Return at most one tick a row; of two rungs in one row, the higher is labelled a row further up."""
        row = (max_ - min_) / max(self.rows - 1, 1)
        self._names = {}
        free = min_
        for loss, name in self._rungs:
            if min_ <= loss and (place := max(loss, free)) <= min(max_, loss + row):
                self._names[place] = f"{name} {loss:.2f}"
                free = place + row
        ticks = list(self._names)
        for tick in NumericAxisFormatter().get_ticks(min_, max_, min(max_ticks, max(self.rows // 2, 2))):
            if min_ <= tick <= max_ and all(abs(tick - other) >= row for other in ticks):
                ticks.append(tick)
        return sorted(ticks)

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """Return the names of rungs, and the numbers of other ticks."""
        return [self._names.get(tick, f"{tick:.1f}") for tick in ticks]


class StepTicks(NumericAxisFormatter):
    """Labels the axis of steps, with as many labels as do not touch."""

    def __init__(self) -> None:
        self.columns = 80

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """Return round steps, none of which is a part of one."""
        ticks = [tick for tick in super().get_ticks(min_, max_, max_ticks) if tick <= max_ and tick == round(tick)]
        label = max(map(len, self.get_labels_for_ticks(ticks)), default=0) + 2
        every = -(-len(ticks) * label // max(self.columns, 1)) or 1
        return ticks[::every]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """Return whole steps with thousands separators."""
        return [f"{tick:,.0f}" for tick in ticks]
