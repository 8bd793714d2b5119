"""The parts of a step stand where they fit."""

import pytest

from tinygpt_keras.tour.station import LONGEST, Station, Table
from tinygpt_tui.learn.arrangement import CODE, PROSE, arrange
from tinygpt_tui.learn.formats import least


def station(length, kind="weights", further=1):
    columns = 6 if kind == "channels" else length
    table = Table("", kind, [[0.0] * columns] * length)
    return Station(table, table, 0.0, [table] * further)


@pytest.mark.parametrize(
    ("size", "length", "form"),
    [
        ((118, 40), 8, "beside"),
        ((118, 40), 16, "pair"),
        ((118, 40), LONGEST, "stack"),
        ((78, 24), 8, "pair"),
        ((78, 24), 16, "stack"),
        ((38, 12), 8, "stack"),
        ((198, 60), LONGEST, "pair"),
    ],
)
def test_the_form_follows_from_size_and_sentence(size, length, form):
    assert arrange(station(length), *size).form == form


@pytest.mark.parametrize("kind", ["weights", "channels"])
@pytest.mark.parametrize("further", [0, 1, 2])
def test_everything_has_the_room_that_it_needs(kind, further):
    for width in range(32, 240):
        for length in (1, 8, LONGEST):
            parts = station(length, kind, further)
            found = arrange(parts, width, 60)
            if found.form == "beside":
                assert 2 * found.pair + PROSE <= width
                assert found.further * (further if found.in_row and further else 1) + CODE <= width
            if found.form != "stack":
                assert least(parts.before) <= found.pair


def test_rows_take_two_lines_only_where_there_is_room():
    assert arrange(station(8), 198, 60).tall
    assert not arrange(station(8), 198, 40).tall
    assert not arrange(station(LONGEST), 240, 60).tall
