"""Scales from nothing to much: colours that begin at the ground's own, or signs where there are no colours."""

from typing import Any, NamedTuple

from textual.app import App
from textual.content import Content

from tinygpt_keras.drawing.colours import strength
from tinygpt_tui.text import plain


class Ramp(NamedTuple):
    """The steps of a scale, from nothing to much."""

    steps: tuple[str, ...]
    """Colours, or one sign each."""
    letters: tuple[str, ...]
    """The style of text on each step."""
    rows_a_line: int
    """How many rows of a map share a line: two colours share a cell, signs do not."""

    @property
    def has_colours(self) -> bool:
        """Whether the steps are colours."""
        return self.rows_a_line > 1

    def ink(self, share: float) -> str:
        """Return the style of text with a share from 0 to 1; others count as the nearer of the two."""
        return self.letters[round(min(max(share, 0.0), 1.0) * (len(self.letters) - 1))]

    def sign(self, weight: float) -> str:
        """Return the sign of a weight from 0 to 1; it grows with the root, as small weights matter, too."""
        return self.steps[round(strength(weight) / 7 * (len(self.steps) - 1))]

    def scale(self, low: str, high: str) -> Content:
        """Draw all steps of a map between what the ends mean."""
        if self.has_colours:
            steps = Content("").join(plain("█").stylize(colour) for colour in self.steps)
        else:
            steps = plain("".join(self.steps))
        return plain(f"{low} ") + steps + plain(f" {high}")

    def scale_of_text(self, low: str, high: str) -> Content:
        """Draw all steps of shaded text between what the ends mean."""
        if self.has_colours:
            return self.scale(low, high)
        letters = [plain("a").stylize(style) for style in self.letters]
        return plain(f"{low} ") + Content("").join(letters) + plain(f" {high}")


HUES = ("#34407d", "#3a6391", "#357280", "#58a681", "#8fc166", "#cbd453", "#f7e25c")
PAPERS = ("#f5ecc0", "#e3dc86", "#b4cf72", "#72b57c", "#3d8790", "#355a92", "#26254f")
INK, CHALK = "#101018", "#f4f4f8"


def on(letter: str, *grounds: str) -> tuple[str, ...]:
    """Return the styles of one letter on several grounds."""
    return tuple(f"{letter} on {ground}" for ground in grounds)


DARK = Ramp(("#000004", *HUES), on(CHALK, "#000004", *HUES[:3]) + on(INK, *HUES[3:]), 2)
LIGHT = Ramp(("#ffffff", *PAPERS), on(INK, "#ffffff", *PAPERS[:5]) + on(CHALK, *PAPERS[5:]), 2)
SIGNS = Ramp(("·", "░", "▒", "▓", "█"), ("", "", "underline", "bold underline"), 1)
"""Where there are no colours: in text, much is underlined."""


def ramp_of(app: App[Any]) -> Ramp:
    """Return the scale for an application's theme."""
    if app.no_color:
        return SIGNS
    return DARK if app.current_theme.dark else LIGHT
