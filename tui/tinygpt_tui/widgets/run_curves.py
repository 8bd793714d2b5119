"""A run's loss curves beside the table of runs, to look at alone."""

from typing import Any

from tinygpt_tui.runs.history import Series
from tinygpt_tui.widgets.loss_plot import LossPlot


class RunCurves(LossPlot):
    """Draws the losses of the marked run whenever that is another one, or has more of them."""

    can_focus = False

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_pan_and_zoom=False, **options)
        self._wanted: tuple[Series, Series, dict[str, float]] = Series(), Series(), {}

    def on_mount(self) -> None:
        """Draw what was wanted before."""
        super().on_mount()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.draw(*self._wanted, 0))
        self.call_after_refresh(self.draw, *self._wanted, 0)

    def on_unmount(self) -> None:
        """End the subscription, which holds this widget."""
        self.app.theme_changed_signal.unsubscribe(self)

    def show(self, train: Series, validation: Series, rungs: dict[str, float]) -> None:
        """Draw losses, if they are others."""
        if self._wanted != (wanted := (train, validation, rungs)):
            self._wanted = wanted
            if self.is_mounted:
                self.draw(*wanted, 0)
