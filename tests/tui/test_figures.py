"""Figures stand in columns, whatever they say."""

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.histories import ANY_TEXT
from tinygpt_tui.widgets.figures import aligned

FIGURES = [("loss", "1.234"), ("step", "100 of 1,800"), ("learning rate", ""), ("best", "1.2 at step 90")]


def test_names_and_values_are_aligned():
    assert aligned(FIGURES, 70).plain.split("\n") == [
        "loss          1.234                step 100 of 1,800                  ",
        "learning rate –                    best 1.2 at step 90                ",
    ]
    assert [line.rstrip() for line in aligned(FIGURES, 30).plain.split("\n")] == [
        "loss          1.234",
        "step          100 of 1,800",
        "learning rate –",
        "best          1.2 at step 90",
    ]
    assert len(aligned(FIGURES, 400).plain.split("\n")) == 1


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=5), st.integers(0, 100))
def test_any_text_is_arranged(figures, width):
    aligned(figures, width)
