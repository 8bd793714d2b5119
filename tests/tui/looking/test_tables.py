"""Findings as rows of text: the character that follows is marked, and every number has its unit."""

import pytest
from rich.cells import cell_len

from tinygpt_keras.findings import Chance, Lens, Next, Surprise, Unit
from tinygpt_tui.looking.ramp import SIGNS
from tinygpt_tui.looking.tables import follows_words, lens_rows, next_rows, surprise_rows
from tinygpt_tui.looking.unit_rows import unit_rows

CHANCES = [Chance(character, 0.5 ** (rank + 1)) for rank, character in enumerate("abcdefgh")]


def lines(rows):
    return [row.plain for row in rows]


def test_the_character_that_follows_is_named_and_marked():
    """Also far down in the list."""
    rows = lines(next_rows(Next("xyh", 1, CHANCES, CHANCES[:2]), 0, 70, "h", ""))
    assert rows[0] == "◂ follows in the text: h, choice 8 of 8, 0.4 %"
    assert [row[:4] for row in rows if "◂" in row[:4]][1:] == ["  h◂"]
    assert len({cell_len(row) for row in rows[2:]}) == 1
    assert follows_words(CHANCES, "\n", 30) == follows_words(CHANCES, "", 30) == "the text ends here"
    assert follows_words([Chance("\n", 1.0)], "\n", 30) == "◂ follows: ↵, choice 1 of 1, 100.0 %"


def test_bars_stand_apart_from_their_numbers_and_none_is_long_for_nothing():
    certain = [Chance("a", 1.0), Chance("b", 0.0)]
    rows = lines(next_rows(Next("x", 0, certain, certain), 0, 70, "", ""))
    rows += lines(lens_rows(Lens("x", 0, [certain] * 2), 70, 30, ""))
    assert not [row for row in rows if "█1" in row]
    assert max(map(cell_len, rows)) <= 70
    rows = lines(surprise_rows(Surprise("ab", [0.002, 0.001], 0.0015, 0.001), {}, None, 70, 30))
    assert "█" not in "".join(rows)
    assert rows[-2].endswith("at the beginning")


def test_wrong_settings_are_named_above_the_figures_of_the_last_right_ones():
    rows = lines(next_rows(Next("x", 0, CHANCES, CHANCES), 0, 40, "", "top-k is '-'. Give it a number."))
    assert " ".join(rows[:2]) == "✗ top-k is '-'. Give it a number. The last right settings are drawn."


@pytest.mark.parametrize(("height", "count"), [(30, 13), (11, 10), (6, 4)])
def test_a_lens_has_a_line_a_character_where_there_is_room(height, count):
    stages = [CHANCES[:3]] * 3
    rows = lines(lens_rows(Lens("xy", 0, stages), 38, height, "b"))
    assert len(rows) == count
    assert max(map(cell_len, rows)) <= 38
    assert sum("b◂" in row for row in rows) == 3


def test_a_units_numbers_are_explained():
    units = [Unit(3, 299, "inside a name", 0.97, [0.0, 0.5, 1.0]), Unit(0, 0, "", 0.5, [0.0] * 3)]
    words = " ".join(lines(unit_rows(units, "a\nb", 0, 2, 38)))
    assert "4.300 is hidden unit 300 of block 4's feed-forward network. Here its activation is 1.00." in words
    assert "one “inside a name” and one not, it is more active at the first 97 times in 100" in words
    assert "times in 100" not in " ".join(lines(unit_rows(units, "a\nb", 1, 2, 38)))
    row = unit_rows(units, "a\nb", 1, 2, 70, SIGNS)[1]
    assert row.plain.endswith("0.97 1.00  a↵b")
    assert [span.style for span in row.spans][-2:] == ["underline", "bold underline"]
