"""Compiled passes give what the eager ones give, and follow the weights."""

import numpy as np
import pytest

from tests.inspection.small import small_model, some_ids
from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection import passes as module
from tinygpt_keras.inspection.parts import parts
from tinygpt_keras.inspection.passes import Passes

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("preset", ["tiny", "nano", "seed"])
def test_compiled_passes_equal_the_eager_ones(preset):
    model = small_model(preset)
    eager, compiled = Passes(model), Passes(model, compiled=True)
    variants = [[], *([name] for name in parts(model.config)), ["blocks.1.unit.3", "blocks.0.head.1"]]
    for length in (1, 7):
        ids = some_ids(length)
        logits, cache = compiled.observe(ids)
        expected, expected_cache = eager.observe(ids)
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
        assert set(cache) == set(expected_cache)
        for name, tensor in expected_cache.items():
            np.testing.assert_allclose(cache[name], tensor, rtol=1e-4, atol=1e-4, err_msg=name)
        several = (np.concatenate(list(passes.ablated(ids, variants))) for passes in (eager, compiled))
        np.testing.assert_allclose(*several, rtol=1e-4, atol=1e-4)
    for variable in model.weights:
        variable.assign(np.asarray(variable) * 0.5)
    np.testing.assert_allclose(compiled.observe(ids)[0], eager.logits(ids), rtol=1e-4, atol=1e-4)
    assert not np.allclose(compiled.observe(ids)[0], expected)


@pytest.mark.parametrize("compiled", [False, True])
def test_scores_of_all_blocks_that_do_not_fit_are_refused(compiled, monkeypatch):
    """Each block's stay in memory. Other passes keep none."""
    passes = Passes(small_model("tiny"), compiled)
    monkeypatch.setattr(module, "MOST_SCORES", 3 * 2 * 5**2)
    passes.observe(some_ids(5))
    with pytest.raises(InputError, match=r"the scores of 6 characters .* text of at most 5 characters"):
        passes.observe(some_ids(6))
    assert len(passes.logits(some_ids(6), ["blocks.0"])) == 6


def test_a_bigram_needs_no_compiling():
    passes = Passes(small_model("bigram"), compiled=True)
    assert not passes.compiled
    np.testing.assert_array_equal(passes.observe(some_ids(5))[0], passes.logits(some_ids(5)))
