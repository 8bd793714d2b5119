"""The loss curves over the n-gram baselines (rungs): a thin adapter around textual-plot."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static
from textual_hires_canvas import Canvas
from textual_plot import HiResMode, PlotWidget

from tinygpt_tui.runs.history import Series
from tinygpt_tui.training.thinning import thinned
from tinygpt_tui.widgets.panel import caption, hints
from tinygpt_tui.widgets.plot_canvas import PlotCanvas
from tinygpt_tui.widgets.plot_limits import Limits, zoomed
from tinygpt_tui.widgets.plot_ticks import LossTicks, StepTicks

HEADROOM = 0.05  # nats below the lowest and above the highest loss
POINT = "•"  # distinguishes the validation curve where there are no colours
CURVES = Content.from_markup(
    f"[$secondary]⠒⠒⠒[/] batch  [$warning]{POINT}⠒{POINT}[/] validation  [$foreground 60%]⠒  ⠒[/] n-grams"
)
LEGEND = Content("loss  ") + CURVES
KEYS = hints(("+", "closer"), ("-", "farther"), ("0", "whole"))
MARGIN = 15  # columns for the loss labels: `unigram 3.35` and the space around it
ROOMY = 20  # rows; from here on, margins with axis labels take five of them


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
        & > .loss-plot--rung { color: $foreground 45%; }
        #cover { layer: legend; dock: top; width: 100%; height: 100%; display: none; background: $background; }
        &.-empty #cover { display: block; }
    }
    """

    zoomed = False
    """Whether the limits differ from those of the whole plot."""
    _whole = Limits(0.0, 1.0, 0.0, 1.0)
    _drawn: tuple[Series, Series, dict[str, float], int] | None = None
    _fitted: tuple[Size, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the library's widgets, with canvases that fit before they are painted, and a cover for empty axes."""
        for widget in super().compose():
            yield PlotCanvas(self.fit, widget.id) if isinstance(widget, Canvas) else widget
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
        self.border_subtitle = KEYS
        self.set_xlabel("steps")
        self.set_ylabel("loss, nats per character")

    def fit(self) -> None:
        """Draw the same again if a size has changed; a canvas calls this before it is painted.

        textual-plot 0.10.1 resizes its canvases once, when its own layout is due. That is before they have their new
        sizes, and never happens when only a margin changes. We know of no upstream issue. Drawing on `Canvas.Resize`
        would be one frame late: a frame with a canvas of one size and ticks for another.
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
        self.zoomed = self.limits != self._whole

    @property
    def limits(self) -> Limits:
        """The part of the plane that is shown."""
        return Limits(self._x_min, self._x_max, self._y_min, self._y_max)

    def show_part(self, limits: Limits) -> None:
        """Show a part of the plane."""
        self.zoomed = limits != self._whole
        self.set_xlimits(limits.left, limits.right)
        self.set_ylimits(limits.low, limits.high)
        self.refresh()

    def action_reset_scales(self) -> None:
        """Show the whole plot."""
        self.show_part(self._whole)

    def zoom(self, way: int) -> None:
        """Show less of the plot (1), up to its newest point, or more of it (-1)."""
        if self._drawn is None:
            return
        train, validation, *_ = self._drawn
        if newest := next((series for series in (validation, train) if series.steps), None):
            point = newest.steps[-1], newest.losses[-1] + HEADROOM
            self.show_part(zoomed(self.limits, self._whole, point, way))

    def draw(self, train: Series, validation: Series, rungs: dict[str, float], last_step: int) -> None:
        """Draw a run; a zoomed plot keeps its limits.

        Args:
            train: Training losses.
            validation: Validation losses.
            rungs: The losses of the n-gram baselines, by name.
            last_step: The least end of the step axis.
        """
        self._drawn = train, validation, rungs, last_step
        caption(self, LEGEND if self.size.width >= LEGEND.cell_length else CURVES, KEYS)
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
        plane = self.query_one("#plot", PlotCanvas)
        ticks.rows = max(plane.size.height - 2, 2)
        plane.dotted = self.style_of("rung")
        self.set_y_formatter(ticks)
        self._steps.columns = columns
        self.clear()
        self._whole = Limits(0, end, min(values) - HEADROOM, max(values) + HEADROOM)
        if not self.zoomed:
            self.action_reset_scales()
        for loss in rungs.values():
            self.plot([0, end], [loss, loss], self.style_of("rung"), HiResMode.BRAILLE)
        for name, (steps, losses) in curves.items():
            if steps:
                # A line needs two points: repeat the last, so that a single one is drawn.
                self.plot([*steps, steps[-1]], [*losses, losses[-1]], self.style_of(name), HiResMode.BRAILLE)
        self.scatter(*curves["validation"], POINT, self.style_of("validation"))
        # Render now, in a batch: otherwise the canvas would request a paint for every cell.
        self._needs_canvas_resize, self._fitted = True, self.sizes
        with plane.batch_refresh():
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
