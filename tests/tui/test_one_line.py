"""A sentence that keeps to one line ends after a whole word."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tinygpt_tui.widgets.one_line import fitting

WORDS = st.lists(st.text("ab你", min_size=1, max_size=6), min_size=1, max_size=8)


@given(WORDS, st.integers(14, 60))
def test_a_sentence_ends_after_a_whole_word(words, columns):
    sentence = " ".join(words)
    shown = fitting(sentence, columns)
    assert cell_len(shown) <= columns
    assert shown == sentence or (shown[-1] == "…" and shown[:-1].split() == words[: len(shown.split())])


def test_whole_parts_and_no_comma_before_the_dots():
    assert fitting("one · finished · best loss 2.1752 · 1 min", 36) == "one · finished · best loss 2.1752"
    assert fitting("the default: 0.8M parameters, verse in ten minutes", 35) == "the default: 0.8M parameters…"
