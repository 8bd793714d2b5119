"""Colours of a scale from nothing to much, alike on light and dark ground: each comes with its own background."""

from rich.style import Style

# Backgrounds from a dark blue to a light yellow, of evenly growing lightness, so that they differ without hue, too.
STEPS = ("#26254f", "#34407d", "#3a6391", "#357280", "#58a681", "#8fc166", "#cbd453", "#f7e25c")
DARK, LIGHT = "#101018", "#f4f4f8"


def shade(share: float) -> Style:
    """Return the colours of a share from 0 to 1; others count as the nearer of the two."""
    step = round(min(max(share, 0.0), 1.0) * (len(STEPS) - 1))
    return Style(color=DARK if step >= 4 else LIGHT, bgcolor=STEPS[step])
