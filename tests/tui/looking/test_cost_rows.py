"""The parts of a model are ranked by what each does to the next character."""

from tinygpt_keras.findings import Chance, Cost, Costs
from tinygpt_tui.looking.cost_rows import cost_rows

WHOLE = [Chance("a", 0.6), Chance("b", 0.3)]
COSTS = Costs(
    "xa",
    1.0,
    WHOLE,
    [
        Cost("blocks.0.head.1", 1.5, 0.5, [Chance("a", 0.5), Chance("b", 0.2)]),
        Cost("blocks.1.feed_forward", 0.9, -0.1, [Chance("c", 0.7), Chance("a", 0.2)]),
        Cost("positions", 2.0, 1.0, [Chance("c", 0.9), Chance("d", 0.04)]),
    ],
)


def lines(follows, columns=80):
    return [" ".join(row.plain.split()) for row in cost_rows(COSTS, columns, follows)]


def test_the_part_that_does_most_comes_first():
    """A character that is not among the likeliest any more is less likely than these."""
    assert lines("a") == [
        "“a” follows: 60.0 % with the whole model",
        "without it, most first “a” bits a character",
        "positions under 4.0 % +1.000",
        "block 2, feed-forward 20.0 % -0.100",
        "block 1, head 2 50.0 % +0.500",
    ]
    assert lines("b")[0].startswith("“b” follows: 30.0 %")
    assert lines("b")[-1].startswith("block 1, head 2 20.0 %")


def test_where_an_unlikely_character_follows_it_is_the_likeliest_that_counts():
    assert lines("z")[0].startswith("“a” is likeliest: 60.0 %")
    assert lines("")[0].startswith("“a” is likeliest: 60.0 %")


def test_a_narrow_view_leaves_the_bits_out():
    assert all(len(row.plain) <= 46 for row in cost_rows(COSTS, 46, "a"))
    assert "bits" not in "".join(lines("a", columns=46))
