"""What is switched off has no effect any more, and nothing else changes."""

import math

import numpy as np
import pytest

from tests.inspection.small import small_model, some_ids
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation import exact_loss
from tinygpt_keras.inspection import passes
from tinygpt_keras.inspection.ablation import ablation
from tinygpt_keras.inspection.forward import run_with_cache, run_with_edits
from tinygpt_keras.inspection.parts import parts
from tinygpt_keras.inspection.passes import Passes

pytestmark = pytest.mark.slow


@pytest.fixture(params=["tiny", "nano", "seed"])
def model(request):
    return small_model(request.param)


def softmax(logits):
    chances = np.exp(logits - logits.max(-1, keepdims=True))
    return chances / chances.sum(-1, keepdims=True)


def test_with_everything_off_the_embedding_speaks(model):
    inputs, targets = some_ids(7), some_ids(7, seed=3)
    found = ablation(Passes(model), inputs, targets, [["positions", "blocks.0", "blocks.1", "blocks.2"]])
    expected = softmax(np.asarray(model.logits(model.token_embedding(inputs[None])), np.float64))
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5)
    bits = -np.log2(expected[0, np.arange(7), targets])
    np.testing.assert_allclose(found.bits[0], bits, rtol=1e-5)


@pytest.mark.parametrize("limit", ["ROWS", "LOGITS_AT_ONCE", "SCORES_AT_ONCE"])
def test_variants_in_one_batch_equal_each_alone(model, monkeypatch, limit):
    value = {"ROWS": 5, "LOGITS_AT_ONCE": 5 * 7 * 10, "SCORES_AT_ONCE": 5 * 2 * 49}[limit]
    monkeypatch.setattr(passes if limit == "ROWS" else exact_loss, limit, value)
    inputs, targets = some_ids(7), some_ids(7, seed=3)
    several = ["blocks.0.head.1", "blocks.2.feed_forward", "blocks.1.unit.3", "blocks.1.unit.5"]
    variants = [[], *([name] for name in parts(model.config)), several, several[:1]]
    together = ablation(Passes(model), inputs, targets, variants)
    plain = np.asarray(model(inputs[None]))
    np.testing.assert_allclose(together.probabilities[:1], softmax(plain), rtol=1e-4)
    for row, off in enumerate(variants):
        alone = ablation(Passes(model), inputs, targets, [off])
        np.testing.assert_allclose(together.probabilities[row], alone.probabilities[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(together.bits[row], alone.bits[0], rtol=1e-4, atol=1e-6)
        if off:
            assert not np.allclose(together.probabilities[row], together.probabilities[0]), off


def test_a_single_character_is_read(model):
    found = ablation(Passes(model), some_ids(1), some_ids(1), [[], ["blocks.0"]])
    assert (found.bits.shape, found.probabilities.shape) == ((2, 1), (2, 1, 10))


def test_a_head_that_is_off_gathers_nothing(model):
    ids = some_ids(1, 7)

    def without_head(gathered):
        kept = np.array(gathered)
        kept[:, 1] = 0
        return kept

    expected = softmax(np.asarray(run_with_edits(model, ids, {"blocks.1.attention.gathered": without_head})))
    found = ablation(Passes(model), ids[0], ids[0], [["blocks.1.head.1"]])
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5)


def test_a_unit_that_is_off_is_never_active(model):
    ids = some_ids(1, 7)

    def without_units(hidden):
        kept = np.array(hidden)
        kept[..., [3, 5]] = 0
        return kept

    expected = softmax(np.asarray(run_with_edits(model, ids, {"blocks.1.feed_forward.hidden": without_units})))
    found = ablation(Passes(model), ids[0], ids[0], [["blocks.1.unit.3", "blocks.1.unit.5"], []])
    np.testing.assert_allclose(found.probabilities[:1], expected, rtol=1e-5)
    np.testing.assert_allclose(found.probabilities[1:], softmax(np.asarray(model(ids))), rtol=1e-5)


def test_without_positions_the_order_of_earlier_characters_is_lost():
    """With one block: a second one sees what the mask lets the first one see."""
    for preset in ("tiny", "nano"):
        model = small_model(preset)
        off = ["positions", "blocks.1", "blocks.2"]
        ids, shuffled = np.array([1, 2, 3, 4, 5], np.int32), np.array([3, 1, 4, 2, 5], np.int32)
        found = [ablation(Passes(model), each, each, [off, off[1:]]) for each in (ids, shuffled)]
        first, second = (each.probabilities[:, -1] for each in found)
        np.testing.assert_allclose(first[0], second[0], rtol=1e-4)
        assert not np.allclose(first[1], second[1], rtol=1e-2)


def test_the_mean_cost_of_the_whole_model_is_its_loss(model):
    inputs, targets = some_ids(7), some_ids(7, seed=3)
    (bits,) = ablation(Passes(model), inputs, targets, [[]]).bits
    logits, _ = run_with_cache(model, inputs[None])
    losses = -np.log(softmax(np.asarray(logits, np.float64))[0, np.arange(7), targets])
    assert bits.mean() * math.log(2) == pytest.approx(losses.mean(), abs=1e-6)


def test_what_a_model_has_not_cannot_be_switched_off(model):
    ids = some_ids(7)
    with pytest.raises(InputError, match=r"no part 'blocks\.9'"):
        ablation(Passes(model), ids, ids, [["blocks.9"]])
    with pytest.raises(InputError, match="a bigram has no attention"):
        ablation(Passes(small_model("bigram")), ids, ids, [[]])
