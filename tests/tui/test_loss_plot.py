"""The axis of losses names every rung that there is room for, each in a row of its own."""

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.conftest import make_run, recorded, screen_text, shows, until
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.widgets.loss_plot import LossPlot
from tinygpt_tui.widgets.plot_canvas import EVERY, both
from tinygpt_tui.widgets.plot_limits import Limits, zoomed
from tinygpt_tui.widgets.plot_ticks import LossTicks, StepTicks

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
    assert all(tick == round(tick) for tick in ticks)


WHOLE = Limits(0, 1800, 0.4, 4.3)


@given(st.floats(0, 1800), st.floats(0.4, 4.3), st.integers(1, 30))
def test_zooming_keeps_the_newest_point_and_goes_back(step, loss, times):
    limits = WHOLE
    for _ in range(times):
        limits = zoomed(limits, WHOLE, (step, loss), 1)
        assert limits.left <= step <= limits.right
        assert limits.low == WHOLE.low
        assert loss <= limits.high + 1e-9
    assert limits.right - limits.left < 1800
    for _ in range(times + 1):
        limits = zoomed(limits, WHOLE, (step, loss), -1)
    assert limits == WHOLE


def test_a_part_that_was_moved_away_zooms_back_to_the_whole():
    limits = Limits(2000, 2100, 5.0, 5.5)
    for _ in range(20):
        limits = zoomed(limits, WHOLE, (1800, 1.5), -1)
    assert limits == WHOLE


def test_two_lines_share_a_cell():
    assert both("⠒", "⡇") == "⡗"
    assert both("•", "⡇") == both(" ", "⡇") == "⡇"


async def stale_frames(pilot):
    """What each layout shows that another drawing would show otherwise, after other sizes, here and elsewhere."""
    screen, found = pilot.app.screen, []

    def look(_):
        plot, shown = screen.query_one(LossPlot), screen_text(pilot.app)
        plot.draw(*plot._drawn)
        if shown != screen_text(pilot.app):
            found.append(f"{pilot.app.size}:\n{shown}")

    screen.screen_layout_refresh_signal.subscribe(screen, look, immediate=True)
    for size in ((80, 24), (120, 40), (200, 60)):
        await pilot.resize_terminal(*size)
    await pilot.press("f4")
    await pilot.resize_terminal(120, 40)
    await pilot.press("f2")
    await until(pilot, shows(pilot, "progress"))
    return found


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
        plane = row.split("┤")[1].split("│")[0][:-EVERY]
        dots = next(cells for start in range(EVERY) if " " not in (cells := plane[start::EVERY]))
        assert " " in plane, "the baseline is dotted"
        baseline = max(dots, key=dots.count)
        assert all(both(baseline, cell) == cell for cell in dots), "the curves keep the dots of the baseline"
        assert len(set(dots)) > 1, "and have theirs in the same cells"
        assert await stale_frames(pilot) == []
        pilot.app.watch_run(chinese)
        await until(pilot, shows(pilot, "uniform 8.69", "unigram 6.20", "bigram 4.63"))
        assert "3-gram" not in screen_text(pilot.app)
        assert "4-gram" not in screen_text(pilot.app)
