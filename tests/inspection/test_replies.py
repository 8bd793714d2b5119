"""The views on a model that replies: each number equals an independent computation."""

import math

import numpy as np
import pytest

from tests.inspection.small import TOKENIZER, small_model, weights_of
from tests.models.numpy_forward import forward
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.findings import KINDS, SELF
from tinygpt_keras.inspection import neurons, reply_neurons
from tinygpt_keras.inspection.attention_map import attention_map, thumbnails
from tinygpt_keras.inspection.concepts import concepts
from tinygpt_keras.inspection.forward import run_with_cache
from tinygpt_keras.inspection.logit_lens import logit_lens
from tinygpt_keras.inspection.neurons import activations, roc_areas
from tinygpt_keras.inspection.parts import check_parts, parts
from tinygpt_keras.inspection.passes import Passes
from tinygpt_keras.inspection.reading import read_pair
from tinygpt_keras.inspection.reply_neurons import reply_selectivity
from tinygpt_keras.inspection.surprise import surprise
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pair_batches import scoring_pairs
from tinygpt_keras.text.pairs import END, START, Pair, Pairs

pytestmark = pytest.mark.slow

SOURCE, REPLY = "bad cab", "feed"
PRESETS = "encdec", "paper"


@pytest.fixture(scope="module", params=PRESETS)
def seen(request):
    """A model, a pair, and what one pass finds."""
    model = small_model(request.param)
    reading = read_pair(TOKENIZER, SOURCE, REPLY, model.config)
    return model, reading, Passes(model), *Passes(model).observe(reading.inputs, reading.source)


def softmax(logits):
    chances = np.exp(np.asarray(logits, np.float64))
    return chances / chances.sum(-1, keepdims=True)


def off_in_numpy(model, reading, name, rows=slice(None)):
    """Logits of the independent pass with rows of a projection, and its bias, set to zero."""
    weights = weights_of(model)
    for path in weights:
        if path.split("/")[1:] == [name.split("/")[1], "projection", "kernel"] and path.startswith(name.split("/")[0]):
            weights[path] = weights[path].copy()
            weights[path][rows] = 0
        if rows == slice(None) and path.endswith(f"{name.split('/')[1]}/projection/bias"):
            weights[path] = weights[path] * 0
    return forward(weights, model.config, reading.inputs, source=reading.source)


def test_a_pair_is_read_as_it_is_trained():
    config = small_model("encdec").config
    for source, reply in ((SOURCE, REPLY), ("a" * 9 + SOURCE, "b" * 7), (SOURCE, "c" * 8), (SOURCE, "d" * 12)):
        reading = read_pair(TOKENIZER, source, "x" + reply, config)
        pairs = encode_pairs(Pairs([Pair(source, reply)], 0), TOKENIZER, 8)
        expected = pairs.take(np.array([0]))
        for found, ids in zip((reading.source, reading.inputs, reading.targets), expected, strict=False):
            np.testing.assert_array_equal(found, ids[0])
        shown = START + reply[:8] + END * (len(reply) < 8)
        assert (reading.text, reading.predicted) == (shown[:-1], shown[1:])
        assert reading.inputs is reading.ids, "one pass shows what comes after each symbol and what came"
        assert (reading.asked, reading.dropped) == (source[-7:] + END, "x")
        assert (reading.cut_source, reading.cut_reply) == (max(len(source) - 7, 0), max(len(reply) - 8, 0))
    with pytest.raises(InputError, match="source has no character that the model knows"):
        read_pair(TOKENIZER, "xyz", REPLY, config)


def test_an_observed_pair_equals_the_independent_pass(seen):
    model, reading, passes, logits, cache = seen
    expected = {}
    forward(weights_of(model), model.config, reading.inputs, expected, source=reading.source)
    np.testing.assert_allclose(logits, expected["logits"], atol=1e-4)
    for name, tensor in cache.items():
        if name in expected and expected[name].shape == tensor.shape:
            np.testing.assert_allclose(tensor, expected[name], atol=1e-4, err_msg=name)
    start, cached = passes.observe(reading.inputs[:1], reading.source)
    np.testing.assert_allclose(start[0], logits[0], atol=1e-5)
    assert cached["blocks.0.cross_attention.pattern"].shape == (2, 1, 8)
    assert cached["encoder.blocks.0.attention.pattern"].shape == (2, 8, 8)


def test_every_row_of_every_attention_sums_to_one(seen):
    _, _, _, _, cache = seen
    for kind, shape in zip(KINDS, [(5, 5), (5, 8), (8, 8)], strict=True):
        found = attention_map(cache, kind)
        assert found.shape == (3, 2, *shape)
        np.testing.assert_allclose(found.sum(-1), 1, atol=1e-6)
        assert (found[..., *np.triu_indices(shape[0], 1, shape[1])] == 0).all() == (kind == SELF)
        small = thumbnails(found, 6)
        assert small.shape == (3, 2, min(shape[0], 6), min(shape[1], 6))
        np.testing.assert_array_equal(small.max((2, 3)), found.max((2, 3)))


def test_mean_surprise_is_the_exact_loss_of_the_reply(seen):
    model, reading, _, logits, _ = seen
    model.compile(run_eagerly=True)
    pairs = encode_pairs(Pairs([Pair(SOURCE, REPLY)], 0), TOKENIZER, 8)
    bits = surprise(logits, reading.targets)
    assert bits.shape == (5,)
    assert bits.mean() * math.log(2) == pytest.approx(exact_loss(model, scoring_pairs(pairs, 0, 1, 1)).loss, abs=1e-6)


def test_the_lens_ends_with_the_model(seen):
    model, _, _, logits, cache = seen
    found = logit_lens(model, cache)
    assert found.shape == (4, 5, 11)
    np.testing.assert_allclose(found[-1], softmax(logits), rtol=1e-4)


def test_what_is_off_has_no_weight_in_the_independent_pass(seen):
    model, reading, passes, logits, _ = seen
    variants = [[], ["cross_attention"], ["blocks.1.cross_head.1"], ["encoder.blocks.2.head.0"], ["cross_attention"]]
    found = np.concatenate(list(passes.ablated(reading.inputs, variants[:4], reading.source)))
    (alone,) = passes.ablated(reading.inputs, [[]], reading.source)
    whole, _ = run_with_cache(model, (reading.source[None], reading.inputs[None]))
    np.testing.assert_array_equal(alone, whole)  # no edit changes nothing, to the bit
    np.testing.assert_allclose(found[0], logits, atol=1e-5)
    for row, (name, rows) in enumerate(
        [
            ("block/cross_attention", slice(None)),
            ("block_1/cross_attention", slice(8, 16)),
            ("encoder_block_2/attention", slice(0, 8)),
        ],
        1,
    ):
        np.testing.assert_allclose(found[row], off_in_numpy(model, reading, name, rows), atol=1e-4, err_msg=name)
        assert not np.allclose(found[row], logits, atol=1e-2)
    other = read_pair(TOKENIZER, "hag", REPLY, model.config).source
    np.testing.assert_allclose(passes.logits(reading.inputs, ["cross_attention"], other), found[1], atol=1e-5)
    assert not np.allclose(passes.logits(reading.inputs, (), other), logits, atol=1e-2)


def test_every_part_can_be_off_compiled_or_not():
    model = small_model("encdec", num_layers=1)
    reading, names = read_pair(TOKENIZER, SOURCE, REPLY, model.config), parts(model.config)
    assert len(set(names)) == len(names) == 1 + 2 + (3 + 2) + (4 + 4)
    variants = [[], *([name] for name in [*names, "encoder.blocks.0.unit.3"])]
    eager, compiled = Passes(model), Passes(model, compiled=True)
    found, expected = (
        np.concatenate(list(passes.ablated(reading.inputs, variants, reading.source))) for passes in (compiled, eager)
    )
    np.testing.assert_allclose(found, expected, atol=1e-3, rtol=1e-3)
    assert all(not np.allclose(expected[0], row, atol=1e-4) for row in expected[1:])
    observed = [passes.observe(reading.inputs, reading.source) for passes in (compiled, eager)]
    assert observed[0][1].keys() == observed[1][1].keys()
    for name, tensor in observed[1][1].items():
        np.testing.assert_allclose(observed[0][1][name], tensor, atol=1e-4, err_msg=name)
    with pytest.raises(InputError, match=r"no part 'encoder\.blocks\.0\.cross_head\.0'\. .* cross_attention, "):
        check_parts(model.config, ["encoder.blocks.0.cross_head.0"])
    with pytest.raises(InputError, match="no part 'cross_attention'"):
        check_parts(small_model("tiny").config, ["cross_attention"])


def test_selectivity_reads_each_reply_with_its_source(monkeypatch):
    monkeypatch.setattr(neurons, "RAREST", 1)
    monkeypatch.setattr(reply_neurons, "PAIRS", 2)
    model = small_model("encdec", num_layers=2)
    texts = [Pair("bad", "a cab\nhe"), Pair("cab", "fed"), Pair("gag", "ha e"), Pair("a", "bb")]
    found = reply_selectivity(model, TOKENIZER, encode_pairs(Pairs(texts, 0), TOKENIZER, 8))
    readings = [read_pair(TOKENIZER, source, reply, model.config) for source, reply in texts]
    units = [activations(Passes(model).observe(each.inputs, each.source)[1])[:, 1:] for each in readings]
    told = [concepts(each.text[1:]) for each in readings]
    assert set(found) >= {"at a line's beginning", "at a word's end"}
    for name, areas in found.items():
        marks = np.concatenate([each[name] for each in told])
        for block in range(2):
            values = np.concatenate([each[block] for each in units])
            np.testing.assert_allclose(areas[block], roc_areas(values, marks[None])[0], atol=0.02)
