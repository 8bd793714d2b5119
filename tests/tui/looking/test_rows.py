"""Lines that are drawn when they come into sight."""

import pytest
from textual.content import Content

from tinygpt_tui.looking.rows import Rows


def test_only_the_rows_asked_for_are_drawn():
    drawn = []

    def draw(number):
        drawn.append(number)
        return Content(f"row {number}")

    rows = Rows([Content("heading")], 1_000_000, draw)
    assert len(rows) == 1_000_001
    assert [rows[n].plain for n in (0, 1, -1)] == ["heading", "row 0", "row 999999"]
    assert [row.plain for row in rows[:3]] == ["heading", "row 0", "row 1"]
    assert len(drawn) == 4
    with pytest.raises(IndexError):
        rows[len(rows)]
