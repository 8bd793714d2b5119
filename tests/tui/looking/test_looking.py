"""What the screen Look keeps, asks and draws, without the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tinygpt_keras.config import ModelConfig, SamplingOptions
from tinygpt_keras.findings import Head, Heads, Surprise
from tinygpt_tui.looking.gaze import VIEWS, Gaze
from tinygpt_tui.looking.pictures import board, head_map, shrunk, window
from tinygpt_tui.looking.questions import questions
from tinygpt_tui.looking.ramp import DARK, LIGHT, SIGNS
from tinygpt_tui.looking.steps import beside, slider
from tinygpt_tui.looking.tables import bar, surprise_rows
from tinygpt_tui.looking.versions import Versions
from tinygpt_tui.runs.choices import Choice

MODEL = ModelConfig(vocab_size=65, block_size=8, embed_dim=8, num_heads=2, num_layers=3)


def gaze(text="abcdefghijkl", place=3, **model):
    return Gaze(Choice("runs/one"), ModelConfig(**(MODEL.__dict__ | model)), text, place)


@given(st.text("ab\n", min_size=1, max_size=30), st.integers(0, 40), st.integers(2, 12))
def test_the_cursor_is_in_what_the_model_reads(text, place, block_size):
    looked = gaze(text, 0, block_size=block_size)
    looked.point(place)
    begin, end = looked.window
    assert begin <= looked.place < end
    assert end - begin == min(len(text), block_size)
    assert looked.read[-(end - begin) :][looked.place - begin] == looked.character
    assert looked.read == text[max(begin - 1, 0) : end], "and the character before, which predicts the first"


@given(st.text("ab\n", min_size=1, max_size=20), st.data())
def test_lines_are_gone_through_to_the_ends(text, data):
    looked = gaze(text, data.draw(st.integers(0, len(text) - 1)))
    for _ in range(len(text) + 1):
        before = looked.place
        looked.move_line(1)
        assert looked.place >= before
        assert looked.place == len(text) - 1 or text[looked.place - 1] == "\n"
    for _ in range(len(text) + 1):
        before = looked.place
        looked.move_line(-1)
        assert looked.place < before or before == 0
    assert looked.place == 0


def test_blocks_and_heads_turn_round():
    looked = gaze()
    looked.turn_block(-1)
    looked.turn_head(-1)
    assert looked.part == "blocks.2.head.1"
    looked.show("without")
    looked.turn_head(1)
    assert looked.part == "blocks.2.feed_forward"
    looked.show("attention")
    assert looked.part == "blocks.2.head.1"


def test_a_view_asks_for_what_it_draws():
    looked = gaze(place=10)
    asked = {view: (looked.show(view), questions(looked, SamplingOptions()))[1] for view in VIEWS}
    assert {view: list(parts) for view, parts in asked.items()} == {
        "next": ["next", "surprise"],
        "attention": ["attention", "head", "heads"],
        "surprise": ["surprise"],
        "lens": ["lens"],
        "without": ["without"],
        "neurons": ["units"],
    }
    with_room = [(looked.show(view), questions(looked, SamplingOptions(), has_room=True))[1] for view in VIEWS]
    assert [list(parts)[-1] for parts in with_room] == ["lens", "heads", "lens", "surprise", "without", "lens"]
    assert asked["next"]["next"].text == "cdefghijk"
    assert asked["next"]["next"].place == 7
    assert asked["attention"]["head"].request.part == "blocks.0.head.0"
    pairs = gaze(architecture="bigram")
    assert [len((pairs.show(view), questions(pairs, SamplingOptions()))[1]) for view in VIEWS] == [2, 0, 1, 0, 0, 0]
    pairs.show("next")
    assert list(questions(pairs, SamplingOptions(), has_room=True)) == ["next", "surprise"], "it has no blocks"


@pytest.mark.parametrize(
    ("step", "way", "found"),
    [(None, 1, None), (None, -1, 40), (40, 1, None), (2, -1, 1), (1, -1, 1), (30, -1, 2), (30, 1, 40), (0, -1, 1)],
)
def test_steps_are_gone_through_to_the_ends(step, way, found):
    """Also from one that is gone."""
    assert beside([1, 2, 40, None], step, way) == found


def test_the_slider_marks_the_step():
    assert [slider([1, 2, None], step, 5) for step in (1, 2, None, 99)] == ["●────", "━━●──", "━━━━●", "━━━━●"]
    assert slider([None], None, 3) == "●──"


def test_versions_branch_and_are_dropped():
    versions = Versions.of("abcdef", 2)
    assert versions.branch(2, "x").text == "abcx"
    versions.current.text += "yz"
    versions.branch(0, "k")
    assert [version.text for version in versions.all] == ["abcdef", "abcxyz", "ak"]
    assert versions.turn(1).text == "abcdef"
    assert versions.turn(-1).text == "ak"
    assert [versions.back().text for _ in range(3)] == ["abcxyz", "abcdef", "abcdef"]


@given(st.integers(1, 300), st.data())
def test_a_window_shows_the_cursor(length, data):
    place, size = data.draw(st.integers(0, length - 1)), data.draw(st.integers(1, length))
    first = window(length, place, size)
    assert 0 <= first <= place < first + size <= max(length, size)


@pytest.mark.parametrize(("length", "columns", "lines"), [(1, 5, 4), (9, 80, 20), (40, 30, 12), (40, 3, 2)])
def test_a_map_keeps_to_its_room(length, columns, lines):
    weights = [[1 / (t + 1)] * (t + 1) for t in range(length)]
    drawn = head_map(
        Head("a日\u200b[\x1b" * 8 if length == 40 else "a" * length, 0, 0, weights), length - 1, columns, lines
    )
    rows = [row.plain for row in drawn]
    assert len(rows) <= max(lines, 2)
    assert max(cell_len(row) for row in rows) <= max(columns, 5)
    assert not any("\x1b" in row or "\n" in row for row in rows)
    assert sum("▸" in row for row in rows) == 1


def test_the_board_keeps_to_its_room_and_marks_the_chosen_head():
    maps = Heads("abc", [[[[1.0] * 16] * 16] * 4] * 4)
    for columns, lines in ((80, 40), (34, 20), (20, 12)):
        rows = board(maps, (1, 2), columns, lines).plain.split("\n")
        assert len(rows) <= lines
        assert max(len(row) for row in rows) <= columns
        assert sum("▸2.3" in row for row in rows) == 1


def test_maps_of_a_source_have_a_column_for_each_of_its_characters():
    """Also with less room than that: what the cursor's row looks at most is in sight, and marked."""
    source, reply = "the 3rd of May", "\x02May"
    looks = [[float(n == 13 - t) for n in range(15)] for t in range(4)]
    found = Head(reply, 0, 0, looks, "cross_attention", f"{source}\x03")
    rows = head_map(found, 1, 32, 9, SIGNS)
    assert [row.plain for row in rows] == [
        "    the␣3rd␣of␣May␃",
        "␂   " + "·" * 13 + "█·",
        "M ▸ " + "·" * 12 + "█··",
        "a   " + "·" * 11 + "█···",
        "y   " + "·" * 10 + "█····",
    ]
    assert [(span.start, span.end, span.style) for span in rows[0].spans] == [(16, 17, "reverse")]
    narrow = head_map(found, 1, 12, 9, SIGNS)
    assert "█" in narrow[2].plain
    assert {len(row.plain) for row in narrow} == {12}
    small = board(Heads(reply, [[looks] * 2], "cross_attention", found.seen), (0, 1), 14, 9, SIGNS).plain.split("\n")
    assert max(map(len, small)) <= 14
    assert all("·" in row for row in small[1:])


@pytest.mark.parametrize(("ramp", "rows"), [(SIGNS, ["█", "·█", "··█", "···█"]), (DARK, ["▀▄", "▀▀▀▄"])])
def test_maps_leave_the_future_empty(ramp, rows):
    """The worker's small maps are squares, whose upper half is zero."""
    weights = [[float(n == t) for n in range(4)] for t in range(4)]
    small = board(Heads("abcd", [[weights]]), (0, 0), 20, 20, ramp).plain.split("\n")
    assert [row.strip() for row in small[1:]] == rows
    head = head_map(Head("abcd", 0, 0, [row[: t + 1] for t, row in enumerate(weights)]), 3, 8, 20, ramp)
    assert [row.plain[4:].rstrip() for row in head[1:]] == rows
    assert [row.plain[2] for row in head[1:]] == [" "] * (len(rows) - 1) + ["▸"]


@pytest.mark.parametrize(("ramp", "cell"), [(SIGNS, "█"), (DARK, "▀")])
def test_a_short_text_gets_a_large_map(ramp, cell):
    found = Head("ab", 0, 0, [[1.0], [0.0, 1.0]])
    rows = [row.plain.rstrip() for row in head_map(found, 1, 12, 6, ramp)]
    dark = cell if ramp is DARK else "·"
    second = 4 * dark + 4 * cell
    assert rows == ["     a   b", "    " + 4 * cell, "a   " + 4 * cell, "    " + second, "b ▸ " + second]
    assert [row.plain.rstrip() for row in head_map(found, 1, 8, 3, ramp)] == [
        "    a b",
        "a   " + 2 * cell,
        "b ▸ " + 2 * dark + 2 * cell,
    ]
    painted = head_map(found, 1, 12, 6, ramp)[0].spans
    assert [(span.start, span.end, span.style) for span in painted] == [(8, 12, "reverse")]


def test_zero_is_dark_on_dark_ground_and_bright_on_paper():
    weights = [[1.0], [0.0, 1.0]]
    for ramp in (DARK, LIGHT):
        first = head_map(Head("ab", 0, 0, weights), 1, 6, 20, ramp)[1].spans[0].style
        assert first == f"{ramp.steps[-1]} on {ramp.steps[0]}"


def test_a_smaller_picture_has_the_greatest_weights():
    assert shrunk([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2) == [[1, 3], [7, 9]]
    assert shrunk([[1, 2], [3, 4]], 5) == [[1, 2], [3, 4]]


@given(st.floats(-1, 2), st.integers(1, 40))
def test_a_bar_is_as_long_as_its_share(share, columns):
    assert len(bar(share, columns)) == columns
    assert abs(bar(share, columns).count("█") - min(max(share, 0), 1) * columns) <= 1


def test_the_scale_of_surprise_is_the_runs_own():
    rows = surprise_rows(Surprise("ab", [1.0, 3.0], 2.0, 1.386), {"bigram": 2.485, "uniform": 4.174}, 1.45, 60, 9)
    words = [row.plain.split()[0] for row in rows[1:5]]
    assert words == ["uniform", "bigram", "this", "this"]
    assert "this text" in rows[4].plain
    assert "3.585" in rows[2].plain
