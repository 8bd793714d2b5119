"""What a model says of a character, as a person reads it."""

import pytest
from msgspec.structs import replace

from tinygpt_keras.worker.protocol import Inspected
from tinygpt_tui.chat.insight import greatest, insight

ANSWER = Inspected(
    context="ab",
    chances=[("b", 0.7), ("a", 0.2), ("\n", 0.1)],
    attention=[[[1.0, 0.0], [0.5, 0.5]], [[0.25, 0.75], [0.0, 1.0]]],
)


def test_only_known_characters_have_a_rank():
    found = insight(ANSWER)
    assert [found.rank(character) for character in "ba\nz"] == [1, 2, 3, None]


@pytest.mark.parametrize(
    ("block", "head", "shares"),
    [
        (None, None, [0.4375, 0.5625]),
        (0, None, [0.75, 0.25]),
        (1, None, [0.125, 0.875]),
        (None, 0, [0.625, 0.375]),
        (1, 0, [0.25, 0.75]),
    ],
)
def test_shares_average_the_selected_heads(block, head, shares):
    assert insight(ANSWER).shares(block, head) == shares


def test_a_table_of_pairs_looks_nowhere():
    found = insight(replace(ANSWER, attention=[]))
    assert (found.blocks, found.heads, found.shares()) == (0, 0, [])


def test_the_greatest_come_first_and_of_equals_the_earlier():
    assert greatest([0.1, 0.4, 0.1, 0.4], 3) == [(1, 0.4), (3, 0.4), (0, 0.1)]
