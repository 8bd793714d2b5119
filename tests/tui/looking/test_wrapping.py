"""A text in rows: each character once, in a row no wider than there is room, and found again by a click."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tinygpt_tui.looking.wrapping import place_at, row_of, shown, wrapped

TEXTS = st.text("ab \n\t\x1b日é\u0301", max_size=60)


@given(TEXTS, st.integers(2, 12))
def test_rows_hold_every_character_once(text, columns):
    rows = wrapped(text, columns)
    assert "".join(text[begin:end] for begin, end in rows) == text
    assert all(begin < end for begin, end in rows)
    for begin, end in rows:
        words = text[begin:end].removesuffix("\n")
        assert "\n" not in words
        assert cell_len(shown(words)) <= columns or len(words) == 1


@given(TEXTS.filter(bool), st.integers(2, 12), st.data())
def test_a_click_finds_the_character_drawn_there(text, columns, data):
    rows = wrapped(text, columns)
    place = data.draw(st.integers(0, len(text) - 1))
    row = rows[row_of(rows, place)]
    assert row.begin <= place < row.end
    if text[place] != "\u0301":  # it has no column of its own
        assert place_at(text, row, cell_len(shown(text[row.begin : place]))) == place
    assert place_at(text, row, 100) == row.end - 1


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("to be or not", 6, ["to be ", "or not"]),
        ("to be\n\nor", 5, ["to be\n", "\n", "or"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("日日日", 5, ["日日", "日"]),
        ("a\tb", 5, ["a\t", "b"]),
        ("日 日日", 4, ["日 ", "日日"]),
    ],
)
def test_rows_break_after_spaces_and_line_breaks(text, columns, rows):
    assert [text[begin:end] for begin, end in wrapped(text, columns)] == rows
