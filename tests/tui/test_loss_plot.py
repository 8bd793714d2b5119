"""The axis of losses names every rung that there is room for, each in a row of its own."""

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.conftest import make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.widgets.loss_plot import LossTicks, StepTicks
from tinygpt_tui.widgets.plot_canvas import both

LICENCE = {"uniform": 4.263, "unigram": 3.03, "bigram": 2.437, "3-gram": 1.935, "4-gram": 1.886}  # 20 kB of GPL-3
CHINESE = {"uniform": 8.69, "unigram": 6.2, "bigram": 4.63, "3-gram": 5.29, "4-gram": 5.72}  # 5,965 characters


def labels(rungs, rows, low, high):
    ticks = LossTicks(rungs)
    ticks.rows = rows
    return ticks.get_ticks_and_labels(low, high)


def test_two_rungs_that_share_a_row_are_both_named():
    ticks, words = labels(LICENCE, 28, 0.4, 4.3)
    assert [word for word in words if "gram" in word] == ["4-gram 1.89", "3-gram 1.94", "bigram 2.44", "unigram 3.03"]
    assert ticks == sorted(ticks)


@given(st.lists(st.floats(0, 5), max_size=6, unique=True), st.integers(2, 60))
def test_no_label_hides_another(losses, rows):
    low, high = 0.0, 5.1
    ticks, words = labels({f"rung-{number}": loss for number, loss in enumerate(losses)}, rows, low, high)
    placed = [math.ceil(rows * (high - tick) / (high - low)) for tick in ticks]
    assert len(set(placed)) == len(words) == len(ticks)
    # A name stands at its loss or one row above, and only where that is full may it be missing.
    named = {word for word in words if "rung" in word}
    row = (high - low) / (rows - 1)
    alone = [
        n for n, loss in enumerate(losses) if all(abs(loss - other) > 2 * row for other in losses[:n] + losses[n + 1 :])
    ]
    assert all(f"rung-{number} {losses[number]:.2f}" in named for number in alone)


@given(st.floats(0, 1e5), st.floats(1, 1e6), st.integers(8, 200))
def test_no_label_of_steps_touches_another(low, span, columns):
    formatter = StepTicks()
    formatter.columns = columns
    ticks, words = formatter.get_ticks_and_labels(low, low + span)
    assert sum(len(word) + 1 for word in words[:-1]) <= columns
    assert ticks == sorted(ticks)


def test_two_lines_share_a_cell():
    assert both("⠒", "⡇") == "⡗"
    assert both("•", "⡇") == both(" ", "⡇") == "⡇"


async def test_the_plot_draws_and_names_only_rungs(opened, runs_dir):
    """It names every rung of a short text."""
    short, chinese = (
        RunDirectory(make_run(runs_dir, name, [{**recorded()[0], "rungs": rungs}, *recorded()[1:]]))
        for name, rungs in {"short": LICENCE, "chinese": CHINESE}.items()
    )
    async with opened(run=short) as pilot:
        await until(pilot, shows(pilot, *(f"{name} {loss:.2f}" for name, loss in LICENCE.items())))
        screen = screen_text(pilot.app)
        assert not re.search("[┏┃┗━┫]", screen.split("progress")[0]), "thin axes"
        (row,) = (line for line in screen.splitlines() if "bigram 2.44" in line)
        cells = re.findall("[⠁-⣿]", row)[:-1]
        baseline = max(cells, key=cells.count)
        assert all(both(baseline, cell) == cell for cell in cells), "the curves keep the dots of the baseline"
        assert len(set(cells)) > 1, "and have theirs in the same cells"
        pilot.app.watch_run(chinese)
        await until(pilot, shows(pilot, "uniform 8.69", "unigram 6.20", "bigram 4.63"))
        assert "3-gram" not in screen_text(pilot.app)
        assert "4-gram" not in screen_text(pilot.app)
