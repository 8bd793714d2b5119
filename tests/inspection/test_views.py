"""The views on one reading: each number equals an independent computation."""

import math

import numpy as np
import pytest

from tests.inspection.small import TOKENIZER, small_model, some_ids
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.inspection.attention_map import attention_map, thumbnails
from tinygpt_keras.inspection.logit_lens import logit_lens
from tinygpt_keras.inspection.neurons import activations
from tinygpt_keras.inspection.next_character import next_character
from tinygpt_keras.inspection.passes import Passes
from tinygpt_keras.inspection.reading import read_text
from tinygpt_keras.inspection.surprise import surprise
from tinygpt_keras.text.pipeline import scoring_windows

pytestmark = pytest.mark.slow

TEXT = "bad cab\nfeed"


def softmax(logits):
    chances = np.exp(np.asarray(logits, np.float64))
    return chances / chances.sum(-1, keepdims=True)


def test_a_text_is_read_from_a_new_line_or_from_what_was_cut():
    whole = read_text(TOKENIZER, "bad", 8)
    assert TOKENIZER.decode(whole.inputs) == "\nba"
    assert (TOKENIZER.decode(whole.targets), whole.text, whole.cut_text, whole.dropped) == ("bad", "bad", 0, "")
    long = read_text(TOKENIZER, "x" + TEXT, 8)
    assert (long.text, long.cut_text, long.dropped) == ("cab\nfeed", 4, "x")
    assert TOKENIZER.decode(long.inputs) == " cab\nfee"
    with pytest.raises(InputError, match="no character that the model knows"):
        read_text(TOKENIZER, "xyz", 8)


@pytest.mark.parametrize("preset", ["tiny", "bigram"])
@pytest.mark.parametrize("length", [1, 2, 8])
def test_a_text_of_any_length_is_observed(preset, length):
    model, ids = small_model(preset), some_ids(length)
    logits, cache = Passes(model).observe(ids)
    np.testing.assert_allclose(logits, np.asarray(model(np.append(ids, ids[:1])[None][:, :8]))[0, :length], atol=1e-5)
    for name, tensor in cache.items():
        time = 1 if tensor.ndim == 3 else 0
        assert tensor.shape[time] == length, name
        if name.endswith("pattern"):
            assert tensor.shape == (2, length, length)


@pytest.mark.parametrize("preset", ["tiny", "nano", "bigram"])
def test_mean_surprise_is_the_exact_loss(preset):
    model, reading = small_model(preset), read_text(TOKENIZER, TEXT, 8)
    logits, _ = Passes(model).observe(reading.inputs)
    ids = np.append(reading.inputs[:1], reading.targets)
    model.compile()
    score = exact_loss(model, scoring_windows(ids, 1, 9, 8, 1))
    bits = surprise(logits, reading.targets)
    assert bits.shape == (8,)
    assert bits.mean() * math.log(2) == pytest.approx(score.loss, abs=1e-6)


@pytest.mark.parametrize("preset", ["tiny", "nano", "seed"])
def test_every_row_of_attention_sums_to_one_and_looks_back_alone(preset):
    _, cache = Passes(small_model(preset)).observe(some_ids(8))
    found = attention_map(cache)
    assert found.shape == (3, 2, 8, 8)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-6)
    assert (found[..., *np.triu_indices(8, 1)] == 0).all()


@pytest.mark.parametrize(("length", "size"), [(1, 4), (3, 4), (4, 4), (7, 4), (64, 5)])
def test_a_small_picture_has_the_greatest_weight_of_each_part(length, size):
    weights = np.random.default_rng(length).random((2, 1, length, length)).astype(np.float32)
    found = thumbnails(weights, size)
    side = min(length, size)
    edges = [n * length // side for n in range(side + 1)]
    for down in range(side):
        for across in range(side):
            part = weights[..., edges[down] : edges[down + 1], edges[across] : edges[across + 1]]
            np.testing.assert_array_equal(found[..., down, across], part.max((-2, -1)))
    assert found.shape == (2, 1, side, side)


@pytest.mark.parametrize("preset", ["tiny", "nano", "seed"])
def test_the_lens_goes_from_the_embedding_to_the_model(preset):
    model, ids = small_model(preset), some_ids(8)
    logits, cache = Passes(model).observe(ids)
    found = logit_lens(model, cache)
    assert found.shape == (4, 8, 10)
    np.testing.assert_allclose(found[-1], softmax(logits), rtol=1e-5)
    embedded, _ = model.embed(ids[None], np.arange(8)[None])
    np.testing.assert_allclose(found[0], softmax(model.logits(embedded))[0], rtol=1e-5)
    np.testing.assert_allclose(found.sum(-1), 1)


def test_the_next_character_before_and_after_the_settings():
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    found = next_character(logits, SamplingOptions(temperature=1.0, top_k=3))
    np.testing.assert_allclose(found.raw, [0.5, 0.3, 0.15, 0.05], rtol=1e-6)
    np.testing.assert_allclose(found.drawn, np.array([0.5, 0.3, 0.15, 0]) / 0.95, rtol=1e-6)
    squared = np.array([0.25, 0.09, 0.0225, 0.0025])
    np.testing.assert_allclose(
        next_character(logits, SamplingOptions(temperature=0.5)).drawn, squared / squared.sum(), rtol=1e-5
    )
    np.testing.assert_allclose(next_character(logits, SamplingOptions(temperature=0.0)).drawn, [1, 0, 0, 0])
    np.testing.assert_allclose(
        next_character(logits, SamplingOptions(temperature=1.0, top_p=0.6)).drawn, [0.625, 0.375, 0, 0], rtol=1e-5
    )
    assert next_character(logits, SamplingOptions(temperature=1.0, min_p=0.5)).drawn[2:].tolist() == [0, 0]


def test_a_bigram_has_nothing_inside():
    model = small_model("bigram")
    _, cache = Passes(model).observe(some_ids(5))
    for view in (attention_map, activations, lambda cache: logit_lens(model, cache)):
        with pytest.raises(InputError, match="a bigram has no attention"):
            view(cache)
