"""The model of the form, drawn."""

from textual.timer import Timer
from textual.widgets import Static

from tinygpt_keras.config import ModelConfig
from tinygpt_tui.architecture.drawing import draw
from tinygpt_tui.architecture.parts import parts
from tinygpt_tui.text import plain
from tinygpt_tui.widgets.panel import title

TITLE = "the model, drawn"
PAUSE_S = 0.05  # after a key: painting half the screen would delay the keys of a burst


class ArchitectureView(Static):
    """Shows the last valid model, dimmed while the form describes none."""

    DEFAULT_CSS = "ArchitectureView { width: 1fr; height: 1fr; text-wrap: nowrap; }"

    def __init__(self, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = title(TITLE)
        self._shown: tuple[ModelConfig | None, str] = None, ""
        self._pausing: Timer | None = None

    def show(self, model: ModelConfig | None, wrong: str = "") -> None:
        """Draw a model.

        Args:
            model: The architecture; `None` to keep the last one.
            wrong: Why the form describes no model.
        """
        shown = model or self._shown[0], wrong
        if shown == self._shown:
            return
        self._shown = shown
        if self._pausing is not None:
            self._pausing.stop()
        self._pausing = self.set_timer(PAUSE_S, self.draw)

    def on_resize(self) -> None:
        """Draw the model for another size."""
        self.draw()

    def draw(self) -> None:
        """Draw the model, and say below it how large it is or what is wrong."""
        model, wrong = self._shown
        width, height = self.content_size
        if model is None or not width or not height:
            return
        drawing = draw(model, width, height)
        self.update(drawing.stylize("dim") if wrong else drawing, layout=False)
        self.border_title = title(f"{TITLE} as it was last" if wrong else TITLE)
        self.border_subtitle = plain(f"✗ {wrong}" if wrong else f"{parts(model).total:,} parameters")
