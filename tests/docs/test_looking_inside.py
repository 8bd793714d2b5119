"""The figures of docs/looking-inside.md are those that its commands give."""

import re
from pathlib import Path

import pytest

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.views import find_ablation, find_lens, find_next
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import pretrained_run

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "looking-inside.md").read_text("utf-8")
VERSE, SHORT = (text.replace("\\n", "\n") for text in re.findall(r'^printf "(.*?)"', PAGE, re.M))
ROUNDING = 0.002  # of another processor
HEAD = "blocks.2.head.1"


@pytest.fixture(scope="module")
def run():
    return open_run(pretrained_run())


def shares(chances):
    return {chance.character: chance.probability for chance in chances}


def after(run, text, *without):
    return shares(find_next(Subject(run, text).at(without=without), SamplingOptions()).raw)


def said(*figures):
    """Check that the page has figures, in percent, and return them as shares."""
    for figure in figures:
        assert f"{figure} %" in PAGE
    return [pytest.approx(figure / 100, abs=ROUNDING) for figure in figures]


def test_the_line_break_depends_on_the_line_and_on_one_head(run):
    assert [after(run, VERSE)[character] for character in "\n "] == said(64.5, 26.6)
    assert [after(run, VERSE, HEAD)[character] for character in "\n "] == said(15.6, 77.6)
    assert [after(run, SHORT)["\n"], after(run, SHORT, HEAD)["\n"]] == said(0.3, 0.3)


def test_the_third_block_brings_it_up(run):
    stages = [shares(stage) for stage in find_lens(Subject(run, VERSE)).stages]
    assert ["\n" in stage for stage in stages] == [False, False, False, True, True]
    assert [stages[3]["\n"]] == said(14.4)


def test_the_head_costs_little_and_turns_the_answer(run):
    costs = {cost.part: cost for cost in find_ablation(Subject(run, VERSE)).parts}
    assert "0.021 bits" in PAGE
    assert costs[HEAD].more == pytest.approx(0.021, abs=ROUNDING)
    others = ["blocks.2.head.2", "blocks.2.head.0", "blocks.3.head.2", "blocks.3.head.3"]
    assert [shares(costs[part].next)["\n"] for part in others] == said(73.5, 59.0, 37.3, 14.4)
