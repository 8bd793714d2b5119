"""An ensemble's probabilities are the mean of its models', computed another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tinygpt_keras.evaluation.ensemble import Ensemble
from tinygpt_keras.evaluation.exact_loss import exact_loss


class Says:
    """A model that says the same whatever it is asked."""

    def __init__(self, logits):
        self.logits = np.asarray(logits, np.float32)

    def predict_on_batch(self, ids):
        return np.broadcast_to(self.logits, (*ids.shape, len(self.logits)))


LOGITS = arrays(np.float32, 5, elements=st.floats(-60, 60, width=32))


@given(st.lists(LOGITS, min_size=1, max_size=4))
def test_it_is_the_mean_of_the_probabilities(said):
    mixed = Ensemble([Says(logits) for logits in said]).predict_on_batch(np.zeros((2, 3), np.int32))
    assert mixed.shape == (2, 3, 5)
    exact = [np.exp(logits.astype(np.longdouble)) for logits in said]
    mean = np.mean([weights / weights.sum() for weights in exact], axis=0)
    np.testing.assert_allclose(np.exp(mixed), np.broadcast_to(mean, mixed.shape).astype(float), rtol=1e-9, atol=1e-300)


def test_chances_too_small_for_a_float_keep_their_logs():
    mixed = Ensemble([Says([0, 2000]), Says([0, 3000])]).predict_on_batch(np.zeros((1, 1), np.int32))
    assert mixed[0, 0] == pytest.approx([-2000 - np.log(2), 0])


@given(st.lists(LOGITS, min_size=2, max_size=4))
def test_it_is_never_worse_than_its_models_on_average(said):
    """Jensen's inequality: the log of a mean is at least the mean of the logs."""
    targets = np.arange(5, dtype=np.int32)[None]
    windows = [(np.zeros((1, 5), np.int32), targets, np.ones((1, 5)))]
    models = [Says(logits) for logits in said]
    mean = np.mean([exact_loss(model, windows).loss for model in models])
    assert exact_loss(Ensemble(models), windows).loss <= mean + 1e-9
