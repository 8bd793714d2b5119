"""Numbers are written as wide as there is room for, and labels are harmless."""

import itertools

import pytest
from rich.cells import cell_len

from tinygpt_keras.tour.station import LONGEST, Table
from tinygpt_tui.learn.formats import (
    FORMATS,
    FRAME,
    LEVELS,
    NARROW,
    cell,
    columns_shown,
    fit,
    fixed,
    labels,
    least,
    level,
    spaced,
    two_digits,
)


@pytest.mark.parametrize(("value", "text"), [(-0.04, "0.0"), (0.04, "0.0"), (-0.06, "-0.1"), (-10.39, "-10.4")])
def test_a_number_near_zero_has_no_sign(value, text):
    assert fixed(1, value) == text


def test_a_share_takes_two_digits_or_a_mark():
    assert [two_digits(share) for share in (0, 0.09, 0.55, 0.994, 0.996, 1)] == ["0", "9", "55", "99", "●", "●"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("columns", [1, 6, 8, LONGEST])
def test_a_table_takes_no_more_than_its_budget(kind, columns):
    """What has no room is left out, beside a mark."""
    table = Table("", kind, [[-1.0 if kind != "weights" else 0.5] * columns] * columns)
    formats = [fit(table, budget) for budget in range(1, 250)]
    widths = [format.width for format in formats]
    assert widths == sorted(widths)
    for budget, format in enumerate(formats, 1):
        count = columns_shown(table, format, budget)
        assert count * format.width + FRAME + 2 * (count < columns) <= budget or count == 1


@pytest.mark.parametrize("value", [-10.4, -123.0, 9.96, 99.0])
def test_numbers_never_touch(value):
    """A table whose numbers are longer than usual has wider columns."""
    for kind in ("channels", "scores"):
        table = Table("", kind, [[value] * LONGEST] * LONGEST)
        for budget in range(20, 250):
            format = fit(table, budget)
            assert len(cell(table, 0, 0, format)) < format.width
        narrow = (format for format in FORMATS[kind] if format.width >= NARROW[kind])
        widths = [spaced(table, format).width for format in narrow]
        assert least(table) == LONGEST * min(widths) + FRAME


@pytest.mark.parametrize("kind", ["weights", "scores"])
def test_the_longest_sentence_is_readable_in_a_terminal_of_80_columns(kind):
    assert least(Table("", kind, [[0.0] * LONGEST] * LONGEST)) <= 78


@pytest.mark.parametrize("kind", FORMATS)
def test_usual_numbers_are_no_wider_than_their_column(kind):
    values = {"channels": (-3.94, 3.94), "weights": (0.0, 0.994), "scores": (-9.4, 9.4)}[kind]
    for format, value in itertools.product(FORMATS[kind], values):
        assert len(format.write(value)) < format.width


def test_later_characters_are_marked_by_their_place_not_by_their_value():
    weights = Table("", "weights", [[1.0, 0.0], [0.0, 1.0]])
    format = FORMATS["weights"][2]
    assert [[cell(weights, row, column, format) for column in range(2)] for row in range(2)] == [
        ["100", "·"],
        ["0", "100"],
    ]
    seeing_all = Table("", "weights", [[1.0, 0.0], [0.0, 1.0]], sees_all=True)
    assert cell(seeing_all, 0, 1, format) == "0"
    scores = Table("", "scores", [[0.0, None], [0.5, -1.0]])
    assert cell(scores, 0, 1, FORMATS["scores"][1]) == "−∞"


@pytest.mark.parametrize("kind", FORMATS)
def test_shading_grows_with_size_and_turns_with_the_sign(kind):
    values = [-100.0, -1.0, -0.3, 0.0, 0.3, 1.0, 100.0]
    levels = [level(kind, value) for value in values]
    assert levels == sorted(levels)
    assert (levels[0], levels[3], levels[-1]) == (-LEVELS, 0, LEVELS)
    assert level(kind, None) == 0


def test_every_label_takes_one_or_two_cells():
    sentence = "a \n\t\x00\x1b\u202e\u200d\u0302日👩\ud800\ufe0f[/]"
    found = labels(sentence)
    assert len(found) == len(sentence)
    assert all(1 <= cell_len(label) <= 2 and label.isprintable() for label in found)
    assert found[:4] == ["a", "␣", "↵", "␉"]
