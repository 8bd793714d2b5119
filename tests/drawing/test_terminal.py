"""Every finding is drawn in any width, and no text in it controls the terminal."""

import io

import pytest
from rich.console import Console

from tinygpt_keras.drawing.colours import STEPS, shade
from tinygpt_keras.drawing.terminal import draw
from tinygpt_keras.findings import (
    Attention,
    Chance,
    Cost,
    Costs,
    Head,
    Heads,
    Lens,
    Memorised,
    Next,
    Surprise,
    Unit,
    Units,
    Without,
)

TEXT = "a\n\x1b[2Jb [/bold]"
LIKELY = [Chance("e", 0.75), Chance("\x1b", 0.25), Chance(" ", 0.0)]
ROWS = [[1 / (t + 1)] * (t + 1) for t in range(len(TEXT))]
FINDINGS = [
    (Next(TEXT, 14, LIKELY, LIKELY[:1]), ["75.0 %", "after the settings", "“a↵␛[2Jb [/bold]”"]),
    (Attention(TEXT, 14, [[ROWS[-1]] * 2] * 2), ["block  head", "2      2", "a 14 back, 6.7 %"]),
    (Attention(TEXT, 1, [[ROWS[1]] * 2] * 2), ["2      2", "a 1 back, 50.0 %"]),
    (Head(TEXT, 1, 0, ROWS), ["a↵ ▀▄", "block 2, head 1 spreads"]),
    (Heads(TEXT, [[ROWS, ROWS], [ROWS, ROWS]]), ["1.1 ", "2.2 ", "▀▀▀▄"]),
    (
        Surprise(TEXT, [0.5] * 14 + [9.0], 1.1, 0.7625),
        ["mean 1.1000 bits, 0.7625 nats", "] 9.0 bits"],
    ),
    (Lens(TEXT, 14, [LIKELY, LIKELY]), ["embedding", "block 1", "75.0 %"]),
    (
        Without(TEXT, 14, ["blocks.0.head.2", "positions"], 1.5, 2.0, LIKELY, LIKELY[::-1]),
        ["without block 1, head 3; positions", "1.500 bits a character, 2.000 without: +0.500", "75.0 %"],
    ),
    (
        Costs(TEXT, 1.5, LIKELY, [Cost("positions", 1.6, 0.1, LIKELY), Cost("blocks.0.head.2", 2.0, 0.5, LIKELY)]),
        ["block 1, head 3", "+0.500", "positions", "the whole model: 1.500 bits"],
    ),
    (Units(TEXT, [Unit(0, 6, "in capitals", 0.987, [0.0] * 14 + [1.0])]), ["in capitals", "1      7", "0.987"]),
    (Units(TEXT, []), ["no place with any of the concepts"]),
    (Memorised(TEXT, 2, 0, 1234, "x\x1b", "y"), ["2 of 15 characters", "from character 1,234: …x␛a↵y…"]),
]


def drawn(finding, width, colours="truecolor"):
    file = io.StringIO()
    system = None if colours is None else "truecolor"
    screen = Console(file=file, width=width, color_system=system, force_terminal=system is not None, markup=False)
    screen.print(draw(finding, width))
    return file.getvalue()


@pytest.mark.parametrize(("finding", "words"), FINDINGS, ids=lambda value: type(value).__name__)
def test_a_finding_is_drawn_with_its_figures(finding, words):
    plain = drawn(finding, 100, colours=None)
    for word in words:
        assert word in plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("width", [20, 80, 200])
@pytest.mark.parametrize(("finding", "words"), FINDINGS, ids=lambda value: type(value).__name__)
def test_no_line_is_wider_than_the_terminal(finding, words, width):
    del words
    assert max(len(line) for line in drawn(finding, width, colours=None).splitlines()) <= width
    assert "\x1b[2J" not in drawn(finding, width)


def test_tables_are_whole_in_80_columns():
    """With the longest of names and figures."""
    likely = [Chance("e", 0.333)] * 3
    parts = [Cost("blocks.10.feed_forward", 10.0, 9.999, likely), Cost("blocks.10.head.10", 2.0, 0.5, likely)]
    findings = (Next("ROMEO", 4, [Chance("e", 1.0)], [Chance("e", 1.0)]), Costs("ROMEO", 1.5, likely, parts))
    for finding in (*findings, Lens("ROMEO", 4, [likely] * 5)):
        assert "…" not in drawn(finding, 80, colours=None)


def test_more_is_lighter_and_all_can_be_read():
    assert [shade(n / 7).bgcolor.name for n in range(8)] == list(STEPS)
    assert shade(-1) == shade(0)
    assert shade(2) == shade(1)
    grounds = [luminance(style.bgcolor) for style in map(shade, (n / 7 for n in range(8)))]
    inks = [luminance(style.color) for style in map(shade, (n / 7 for n in range(8)))]
    assert grounds == sorted(grounds)
    for pair in zip(grounds, inks, strict=True):
        assert (max(pair) + 0.05) / (min(pair) + 0.05) >= 4.5  # the contrast that WCAG 2 asks for


def luminance(colour):
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [part / 255 for part in colour.get_truecolor()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
