"""The scales of shading: they begin at the ground, can be read on every step, and do without colours."""

import itertools

import pytest
from textual.color import Color

from tinygpt_tui.looking.ramp import DARK, LIGHT, SIGNS
from tinygpt_tui.themes import THEMES


def luminance(colour):
    """The relative luminance of WCAG 2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in Color.parse(colour).normalized]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize(("ramp", "way", "theme"), [(DARK, 1, THEMES[0]), (LIGHT, -1, THEMES[1])])
def test_colours_go_away_from_the_ground_and_stay_readable(ramp, way, theme):
    """Nothing is black on dark ground, and bright on paper."""
    lights = [luminance(colour) for colour in ramp.steps]
    assert all(way * (after - before) > 0 for before, after in itertools.pairwise(lights))
    assert way * (luminance(theme.background) - lights[0]) > 0
    for style in ramp.letters:
        letter, ground = map(luminance, style.split(" on "))
        assert (max(letter, ground) + 0.05) / (min(letter, ground) + 0.05) >= 4.5
    assert ramp.ink(-1) == ramp.letters[0]
    assert ramp.ink(2) == ramp.letters[-1]
    assert ramp.scale("0", "8 bits").plain == "0 ████████ 8 bits"
    assert [span.style for span in ramp.scale("0", "1").spans] == list(ramp.steps)


def test_signs_stand_where_there_are_no_colours():
    assert "".join(map(SIGNS.sign, (0.0, 0.1, 0.3, 0.6, 1.0))) == "·░▒▓█"
    assert SIGNS.scale("0 %", "100 %").plain == "0 % ·░▒▓█ 100 %"
    assert [SIGNS.ink(share) for share in (0, 1)] == ["", "bold underline"]
    assert not SIGNS.scale("0", "1").spans
    assert SIGNS.scale_of_text("0", "8 bits").plain == "0 aaaa 8 bits"
    assert [span.style for span in SIGNS.scale_of_text("0", "1").spans] == list(filter(None, SIGNS.letters))
    assert DARK.scale_of_text("0", "1").is_same(DARK.scale("0", "1"))
