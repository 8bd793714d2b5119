"""The tour says in words what its numbers mean."""

import pytest

from tinygpt_keras.tour import ORDER
from tinygpt_keras.tour.station import Station, Table
from tinygpt_tui.learn.lesson import CHANGES, NOTES, used, verdict, written

WEIGHTS = Table("head 1", "weights", [[1.0, 0.0], [0.75, 0.25]])
OTHER = Table("head 2", "weights", [[1.0, 0.0], [0.1, 0.9]])


def test_every_step_has_a_note_and_words_for_a_change():
    assert tuple(NOTES) == tuple(CHANGES) == ORDER


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (5.96e-8, "0.00000006"), (1e-8, "0.00000001"), (0.004, "0.004"), (0.84, "0.84")]
)
def test_a_difference_is_written_without_an_exponent(value, text):
    assert written(value) == text


def test_a_difference_by_rounding_is_none():
    assert verdict("mean_by_softmax", Station(WEIGHTS, WEIGHTS, 6e-8, []), "ab") == (
        "Greatest difference between the two tables: 0.00000006. That is rounding: the two are the same."
    )
    assert verdict("mean_by_softmax", Station(WEIGHTS, WEIGHTS, 0.0, []), "ab") == (
        "Greatest difference between the two tables: 0. The two are the same."
    )


def test_a_change_is_told_by_the_weight_that_changes_most():
    assert verdict("one_head", Station(OTHER, WEIGHTS, 0.65, []), "a ") == (
        "Greatest difference between the two tables: 0.65. "
        "The step changes the result: the shares are no longer equal. "
        "“␣” takes 10 % from “a” before, and 75 % after."
    )


def test_a_score_is_computed_by_hand():
    """From what the last character looks for, and what the first is found by."""
    queries = Table("queries", "channels", [[9.0, 9.0], [0.5, -2.0]])
    keys = Table("keys", "channels", [[3.0, 0.25], [9.0, 9.0]])
    scores = Table("scores", "scores", [[9.0, None], [1.0, 9.0]])
    assert verdict("one_head", Station(OTHER, WEIGHTS, 0.65, [queries, keys, scores, keys]), "a ").endswith(
        "“␣” looks at “a” with a score of 0.50×3.00 + −2.00×0.25 ≈ 1.00."
    )


def test_a_reply_is_told_by_its_largest_weight():
    across = Table("across", "weights", [[0.4, 0.6], [0.1, 0.9]], sees_all=True, reply="yx")
    assert verdict("looking_across", Station(WEIGHTS, across, 0.6, []), "ab").endswith(
        "rows are of the reply now. “x” of the reply takes most from one character: 90 % from “b” of the sentence."
    )
    back = Table("only back", "weights", [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.3, 0.3, 0.4]])
    both = Table("both ways", "weights", [[0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.3, 0.3, 0.4]], sees_all=True)
    assert "“b” takes 0 % from “c” before, and 80 % after." in verdict(
        "looking_both_ways", Station(back, both, 0.8, []), "abc"
    )


def test_numbers_of_characters_are_not_told_as_shares():
    held, after = (Table("", "channels", [[value] * 6]) for value in (0.5, 0.7))
    assert verdict("block", Station(held, after, 0.2, []), "a").endswith("added to what each character held.")


def test_the_used_part_of_a_long_sentence_is_its_beginning():
    long = "Shall I compare thee to a summer's day?"
    assert used("But soft", is_tiny=False) == "up to 24 characters"
    assert used(long, is_tiny=False) == "the first 24 of 39 characters: “Shall I compare thee to ”"
    assert [used(text, is_tiny=True) for text in ("But soft", long)] == ["up to 24", "first 24"]
