"""Findings are named as a reader would name them, and no text in them controls a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.console import acts
from tinygpt_keras.findings.words import in_words, looks_at, quoted, symbol, where_in_short, where_it_looks


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


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([0, 0, 0.1, 0.8, 0.1, 0, 0, 0], "looks at “d”, 4 back, 80.0 %"),
        ([0, 0, 0, 0, 0, 0, 0.4, 0.6], "looks at the character itself, 60.0 %"),
        ([0, 0, 0, 0, 0, 0, 0.5, 0.5], "looks at the character before, 50.0 %, and at 1 other, 100.0 % together"),
        ([0.1, 0.1, 0.1, 0, 0, 0, 0.4, 0.3], "looks at the character before, 40.0 %, and at 1 other, 70.0 % together"),
        ([0.2, 0.16, 0, 0, 0.16, 0.16, 0.16, 0.16],
         "looks at the beginning of the text, 20.0 %, and at 2 others, 52.0 % together"),
        ([0.16, 0.12, 0.12, 0.12, 0.12, 0.12, 0.12, 0.12],
         "spreads 88.0 % of its gaze over 7 characters, most at the beginning of the text, 16.0 %"),
        ([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
         "spreads 90.0 % of its gaze over 7 characters, most at the beginning of the text, 30.0 %"),
        ([1 / 8] * 8, "spreads 87.5 % of its gaze over 7 characters, most at the beginning of the text, 12.5 %"),
    ],
)  # fmt: skip
def test_a_head_looks_at_few_characters_or_spreads_its_gaze(weights, words):
    """A second weight of more than half the greatest one says nothing about the rest, which may hold most."""
    assert looks_at("abcdnefg"[: len(weights)], weights) == words


def test_two_greatest_weights_alike_are_no_two_characters_looked_at():
    weights = [0.11, 0.1] + [0.79 / 40] * 40
    assert looks_at("x" * 40 + "ab", weights).startswith("spreads 80.3 % of its gaze over 32 characters, most at")


@given(st.text(min_size=1, max_size=30), st.data())
def test_every_place_of_any_text_has_a_name(text, data):
    weights = data.draw(st.lists(st.floats(0, 1), min_size=len(text), max_size=len(text)))
    words = looks_at(text, weights)
    assert not any(map(acts, words + quoted(text) + symbol(text[0])))


@given(st.text("ab \n", min_size=1, max_size=30), st.data())
def test_a_place_in_short_has_room_in_a_narrow_table(text, data):
    assert len(where_in_short(text, data.draw(st.integers(0, len(text) - 1)))) <= 20
