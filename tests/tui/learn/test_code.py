"""Code stays the same when its long lines are folded."""

import pytest

from tinygpt_keras.tour import read_steps
from tinygpt_tui.learn.code import folded, shown

STEPS = read_steps()


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("width", [32, 60, 76, 200])
def test_folded_code_is_the_same_code(name, width):
    lines = STEPS[name].lines
    parts = [part for line in lines.splitlines() for part in folded(line, width)]
    assert "".join("".join(parts).split()) == "".join(lines.split())
    assert shown(lines, width).plain == "\n".join(parts)
    parts = [part for part in parts if not part.lstrip().startswith("# ")]  # a comment stays whole
    assert all(len(part) <= width or " " not in part.strip() for part in parts)


def test_a_comment_is_folded_before_its_line():
    assert folded("    past = x  # (B, T, C)", 20) == ["    past = x", "        # (B, T, C)"]


@pytest.mark.parametrize("width", [-5, 0, 1, 5])
def test_no_width_is_too_small(width):
    assert "".join(folded("    past = something(long)", width)).split() == ["past", "=", "something(long)"]
