"""Code stays the same when its long lines are folded."""

import pytest

from tinygpt_keras.tour import read_steps
from tinygpt_tui.learn.code import INDENT, fold, folded, shown

STEPS = read_steps()


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("width", [32, 60, 76, 200])
def test_folded_code_is_the_same_code(name, width):
    lines = STEPS[name].lines
    parts = [part for line in lines.splitlines() for part in folded(line, width)]
    assert words("\n".join(parts)) == words(lines)
    assert shown(lines, width).plain == "\n".join(parts)
    parts = [part for part in parts if not part.lstrip().startswith("# ")]  # a comment stays whole
    assert not any(len(part) > width and fold(part, len(part) - len(part.lstrip()) + INDENT, width) for part in parts)


def words(code):
    """The words of a code and its comments, each in their order."""
    parts = [line.partition("# ") for line in code.splitlines()]
    return ["".join("".join(part[place] for part in parts).split()) for place in (0, 2)]


def test_a_comment_moves_above_its_line():
    assert folded("    past = x  # (B, T, C)", 20) == ["    # (B, T, C)", "    past = x"]


@pytest.mark.parametrize(
    ("line", "width", "parts"),
    [
        (
            "weights = softmax(where(visible, scores), axis=-1)",
            44,
            ["weights = softmax(where(visible, scores),", "axis=-1)"],
        ),
        (
            "def one_head(x: Any, query: Any) -> dict[str, Any]:",
            44,
            ["def one_head(x: Any, query: Any)", "-> dict[str, Any]:"],
        ),
        (
            'return {"scores": scores, "output": weights @ x}',
            44,
            ['return {"scores": scores,', '"output": weights @ x}'],
        ),
        (
            "heads = [head(x, *three) for three in zip(*matrices)]",
            44,
            ["heads = [head(x, *three)", "for three in zip(*matrices)]"],
        ),
    ],
)
def test_a_line_is_folded_where_it_reads_best(line, width, parts):
    first, *rest = parts
    assert folded(line, width) == [first, *(" " * INDENT + part for part in rest)]


@pytest.mark.parametrize("width", [-5, 0, 1, 5])
def test_no_width_is_too_small(width):
    assert "".join(folded("    past = something(long)", width)).split() == ["past", "=", "something(long)"]
