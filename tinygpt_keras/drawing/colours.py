"""Colours of a scale from nothing to much, alike on light and dark ground: each comes with its own background."""

from rich.style import Style

# Backgrounds from a dark blue to a light yellow, of evenly growing lightness, so that they differ without hue, too.
STEPS = ("#26254f", "#34407d", "#3a6391", "#357280", "#58a681", "#8fc166", "#cbd453", "#f7e25c")
DARK, LIGHT = "#101018", "#f4f4f8"


def shade(share: float) -> Style:
    """Return the colours of a share from 0 to 1; others count as the nearer of the two."""
    letter, ground = ink(share)
    return Style(color=letter, bgcolor=ground)


def strength(weight: float) -> int:
    """Return the step of a weight from 0 to 1; it grows with the root, as small weights matter, too."""
    return round(min(max(weight, 0.0), 1.0) ** 0.5 * (len(STEPS) - 1))


def ink(share: float) -> tuple[str, str]:
    """Return the names of the colours of a share from 0 to 1: of the letter and of its ground."""
    step = round(min(max(share, 0.0), 1.0) * (len(STEPS) - 1))
    return DARK if step >= 4 else LIGHT, STEPS[step]
