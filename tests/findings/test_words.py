"""Findings are named as a reader would name them, and no text in them controls a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.console import acts
from tinygpt_keras.findings.words import in_words, looks_at, quoted, symbol, where_it_looks


def test_a_part_is_named_in_words():
    names = ["positions", "blocks.0", "blocks.1.attention", "blocks.1.feed_forward", "blocks.0.head.2"]
    assert [in_words(name) for name in [*names, "blocks.1.unit.16"]] == [
        "positions",
        "block 1",
        "block 2, attention",
        "block 2, feed-forward",
        "block 1, head 3",
        "block 2, unit 17",
    ]


@pytest.mark.parametrize(
    ("text", "most", "words"),
    [
        ("hear", 3, "the character itself"),
        ("hear", 2, "the character before"),
        ("the e", 3, "the character before"),
        ("then he", 3, "the character after the last “e”"),
        ("then he", 2, "the last “e”"),
        ("e\nthen eat", 1, "the last line break"),
        ("e\nwhen eat", 2, "the beginning of the line"),
        ("ah then", 2, "the last space"),
        ("ah then", 3, "the beginning of the word"),
        ("ah then", 0, "the beginning of the text"),
        ("ah\n then", 0, "“a”, 7 back"),
        ("abc", 0, "the beginning of the text"),
        ("hello world\nabc", 6, "“w”, 8 back"),
    ],
)
def test_a_place_is_named_by_the_first_rule_that_fits(text, most, words):
    assert where_it_looks(text, most) == words


def test_a_head_looks_at_one_character_or_at_many():
    assert looks_at("then he!", [0, 0, 0.1, 0.8, 0.1, 0, 0]) == "looks at the character after the last “e”, 80.0 %"
    assert (
        looks_at("abcdefgh", [1 / 8] * 8)
        == "looks at 8 characters about alike, most at the beginning of the text, 12.5 %"
    )


@given(st.text(min_size=1, max_size=30), st.data())
def test_every_place_of_any_text_has_a_name(text, data):
    weights = data.draw(st.lists(st.floats(0, 1), min_size=len(text), max_size=len(text)))
    words = looks_at(text, weights)
    assert not any(map(acts, words + quoted(text) + symbol(text[0])))
