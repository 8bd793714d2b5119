"""The loss curves over the n-gram baselines (rungs): a thin adapter around textual-plot."""

import re
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static
from textual_hires_canvas import Canvas
from textual_plot import HiResMode, PlotWidget
from textual_plot.axis_formatter import AxisFormatter, NumericAxisFormatter

from tinygpt_tui.runs.history import Series
from tinygpt_tui.training.thinning import thinned
from tinygpt_tui.widgets.panel import hints
from tinygpt_tui.widgets.plot_canvas import PlotCanvas

HEADROOM = 0.05  # nats below the lowest and above the highest loss
NOT_A_NAME = re.compile(r"[^A-Za-z0-9 _-]")  # the canvas parses labels as markup, and names come from a file
POINT = "•"  # distinguishes the validation curve where there are no colours
LEGEND = Content.from_markup(f"loss  [$secondary]⠒⠒⠒[/] batch  [$warning]{POINT}⠒{POINT}[/] validation")
MARGIN = 15  # columns for the loss labels: `unigram 3.35` and the space around it
ROOMY = 20  # rows; from here on, margins with axis labels take five of them


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
        """Return round steps."""
        ticks = [tick for tick in super().get_ticks(min_, max_, max_ticks) if tick <= max_]
        label = max(map(len, self.get_labels_for_ticks(ticks)), default=0) + 2
        every = -(-len(ticks) * label // max(self.columns, 1)) or 1
        return ticks[::every]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """Return whole steps with separators, as everywhere else; parts of a step as the library does."""
        if all(tick == round(tick) for tick in ticks):
            return [f"{tick:,.0f}" for tick in ticks]
        return super().get_labels_for_ticks(list(ticks))


class LossPlot(PlotWidget, inherit_bindings=False):
    """Training and validation loss by step; the screen's keys zoom it, the arrows move it."""

    BINDINGS = [Binding(way, f"pan_{way}", f"Pan {way}", show=False) for way in ("left", "right", "up", "down")]

    BINDING_GROUP_TITLE = "Plot"
    DEFAULT_CLASSES = "panel"
    COMPONENT_CLASSES = {"loss-plot--train", "loss-plot--validation", "loss-plot--rung"}
    DEFAULT_CSS = """
    LossPlot {
        & > .plot--axis { color: $foreground 40%; }
        &:focus > .plot--axis { color: $primary; }
        & > .plot--tick { color: $foreground 80%; text-style: none; }
        & > .plot--label { color: $foreground 60%; text-style: none; }
        & > .loss-plot--train { color: $secondary; }
        & > .loss-plot--validation { color: $warning; }
        & > .loss-plot--rung { color: $foreground 25%; }
        #cover { layer: legend; dock: top; width: 100%; height: 100%; display: none; background: $background; }
        &.-empty #cover { display: block; }
    }
    """

    zoomed = False
    """Whether the limits differ from those of the whole plot."""
    _whole: tuple[float, float, float, float] = 0.0, 1.0, 0.0, 1.0
    _drawn: tuple[Series, Series, dict[str, float], int] | None = None
    _fitted: tuple[Size, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the library's widgets, with a canvas on which lines share cells, and a cover for empty axes."""
        for widget in super().compose():
            yield PlotCanvas(1, 1, id="plot") if widget.id == "plot" else widget
        yield Static(id="cover")

    def on_mount(self) -> None:
        """Label the axes and hide them while they are empty."""
        super().on_mount()
        self.margin_left = MARGIN
        self.add_class("-empty")
        self._steps = StepTicks()
        self.set_x_formatter(self._steps)
        # The library's own legend lies over the curves, and is laid out again for each.
        self.border_title = LEGEND
        self.border_subtitle = hints(("+", "closer"), ("-", "farther"), ("0", "whole"))
        self.set_xlabel("steps")
        self.set_ylabel("loss, nats per character")

    @on(Canvas.Resize)
    def fit(self) -> None:
        """Draw the same again when a size has changed.

        textual-plot 0.10.1 resizes its canvases once, when its own layout is due. That is before they have their new
        sizes, and never happens when only a margin changes. We know of no upstream issue.
        """
        if self._drawn is not None and self.sizes != self._fitted:
            self.draw(*self._drawn)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The sizes that a drawing depends on."""
        return self.size, *(canvas.size for canvas in self.query(Canvas))

    @on(PlotWidget.ScaleChanged)
    def keep_part(self) -> None:
        """Record whether the plot is zoomed or moved, so that `draw` keeps its limits."""
        # Compare the current limits, not the event's: the plot may have been reset since.
        self.zoomed = (self._x_min, self._x_max, self._y_min, self._y_max) != self._whole

    def action_reset_scales(self) -> None:
        """Show the whole plot."""
        self.zoomed = False
        self.set_xlimits(*self._whole[:2])
        self.set_ylimits(*self._whole[2:])
        self.refresh()

    def draw(self, train: Series, validation: Series, rungs: dict[str, float], last_step: int) -> None:
        """Draw a run; a zoomed plot keeps its limits.

        Args:
            train: Training losses.
            validation: Validation losses.
            rungs: The losses of the n-gram baselines, by name.
            last_step: The least end of the step axis.
        """
        self._drawn = train, validation, rungs, last_step
        columns = max(self.size.width - MARGIN, 10)
        curves = {
            "train": thinned(train.steps, train.losses, columns),
            "validation": thinned(validation.steps, validation.losses, columns),
        }
        values = [loss for _, losses in curves.values() for loss in losses] + list(rungs.values())
        self.set_class(not values, "-empty")
        if not values:
            return
        end = max([last_step, 1, *train.steps[-1:], *validation.steps[-1:]])
        roomy = self.size.height >= ROOMY
        self.margin_top, self.margin_bottom = (2, 3) if roomy else (0, 1)
        self.set_class(roomy, "-roomy")
        ticks = LossTicks(rungs)
        ticks.rows = max(self.size.height - self.margin_top - self.margin_bottom - 2, 2)
        self.set_y_formatter(ticks)
        self._steps.columns = columns
        self.clear()
        self._whole = 0, end, min(values) - HEADROOM, max(values) + HEADROOM
        if not self.zoomed:
            self.action_reset_scales()
        for loss in rungs.values():
            self.plot([0, end], [loss, loss], self.style_of("rung"), HiResMode.BRAILLE)
        for name, (steps, losses) in curves.items():
            if steps:
                # A line needs two points: repeat the last, so that a single one is drawn.
                self.plot([*steps, steps[-1]], [*losses, losses[-1]], self.style_of(name), HiResMode.BRAILLE)
        self.scatter(*curves["validation"], POINT, self.style_of("validation"))
        # Render now, in a batch: during a paint, the canvas would request another paint for every cell.
        self._needs_canvas_resize, self._fitted = True, self.sizes
        with self.query_one("#plot", Canvas).batch_refresh():
            self.render()

    def combine_quad_with_pixel(self, quad: tuple[int, int, int, int], canvas: Canvas, x: int, y: int) -> str:
        """Return a thin tick for the left and the lower axis, and nothing for the sides without an axis.

        Args:
            quad: The thickness of a tick's arms: up, right, down and left.
            canvas: The canvas.
            x: The column.
            y: The row.

        Returns:
            The character, or none.
        """
        up, right, down, left = quad
        if up or right:
            return ""
        return super().combine_quad_with_pixel((0, 0, min(down, 1), min(left, 1)), canvas, x, y)

    def style_of(self, part: str) -> str:
        """Return a part's colour in the current theme."""
        color = self.get_component_rich_style(f"loss-plot--{part}").color
        return color.name if color else "default"
