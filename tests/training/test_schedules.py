"""The learning rate rises and falls as the recipe says."""

import pytest

from tinygpt_keras.config import TrainingConfig
from tinygpt_keras.training.schedules import WarmupThenFall, make_schedule


def test_schedules_rise_and_fall():
    cosine = WarmupThenFall(1e-3, 1e-4, "cosine", 100, 2000)
    assert float(cosine(0)) == pytest.approx(1e-3 / 101)
    assert float(cosine(100)) == pytest.approx(1e-3)
    assert float(cosine(1050)) == pytest.approx((1e-3 + 1e-4) / 2)
    assert float(cosine(2000)) == pytest.approx(1e-4)
    linear = make_schedule(TrainingConfig(steps=1000, learning_rate=0.5))
    assert [float(linear(step)) for step in (0, 250, 1000)] == pytest.approx([0.5, 0.375, 0])
    width, warmup = 128, 400  # "Attention Is All You Need", equation 3, where steps are counted from one
    paper = WarmupThenFall(width**-0.5 * (warmup + 1) ** -0.5, 0.0, "inverse_sqrt", warmup, 1000)
    for step in (0, 7, 400, 401, 3000):
        expected = width**-0.5 * min((step + 1) ** -0.5, (step + 1) * (warmup + 1) ** -1.5)
        assert float(paper(step)) == pytest.approx(expected)
    constant = WarmupThenFall(0.1, 0.1, "constant", 0, 10)
    assert [float(constant(step)) for step in (0, 5, 10)] == pytest.approx([0.1] * 3)
