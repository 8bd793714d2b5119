"""A thinned curve is the same picture: its extremes, its end and its order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tinygpt_tui.runs.history import Series
from tinygpt_tui.training.thinning import thinned

LOSSES = st.lists(st.integers(0, 9).map(float) | st.floats(-1e9, 1e9), max_size=200)


@given(LOSSES, st.integers(1, 40))
def test_what_is_kept(losses, columns):
    series = Series()
    for place, loss in enumerate(losses):
        series.append(3 * place, loss)
    steps, kept = thinned(series.steps, series.losses, columns)
    assert len(steps) == len(kept) <= 2 * columns + 1
    assert steps == sorted(set(steps))
    assert all(losses[step // 3] == loss for step, loss in zip(steps, kept, strict=True))
    if len(losses) <= 2 * columns:
        assert kept == losses
        return
    assert {min(losses), max(losses)} <= set(kept)
    assert (steps[-1], kept[-1]) == (3 * (len(losses) - 1), losses[-1])


@given(LOSSES.filter(lambda losses: len(losses) > 2), st.integers(1, 40))
def test_no_part_of_the_curve_is_left_out(losses, columns):
    steps, _ = thinned(range(len(losses)), losses, columns)
    widest = -(-len(losses) // columns)
    gaps = [after - before for before, after in itertools.pairwise([-1, *steps])]
    assert max(gaps) <= 2 * widest
