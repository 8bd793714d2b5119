"""The encoder-decoder is what its configuration says, by independent accounts."""

import dataclasses
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.models.numpy_forward import forward
from tests.models.test_models import BASE, OPTIONS, by_path, shaken
from tinygpt_keras.config import PRESETS
from tinygpt_keras.generation import decoding
from tinygpt_keras.generation.context import read
from tinygpt_keras.inspection.forward import run_with_cache, run_with_edits
from tinygpt_keras.models.build import build_model

PAIR = dataclasses.replace(BASE, architecture="transformer")
END, START, PADDING = PAIR.end_id, PAIR.start_id, PAIR.padding_id
PAPER = {
    **{"positions": "sinusoidal", "norm": "layernorm", "norm_position": "post", "activation": "relu", "bias": True},
    **{"qk_norm": False, "qkv_bias": True, "tied_head": True, "scaled_embedding": True},
}
EACH = [*OPTIONS, PAPER]
SOME = [{}, OPTIONS[-1], PAPER]
RANDOM = np.random.default_rng(5)
LENGTHS = [8, 3, 1]  # of the sources, with their end
SOURCES = np.full((3, 8), PADDING, np.int32)
for row, length in zip(SOURCES, LENGTHS, strict=True):
    row[:length] = [*RANDOM.integers(0, 11, length - 1), END]
REPLIES = np.array([[START, 4, 2, 9, 0, 1], [START, 1, 1, 7, 10, 3], [START, 8, 5, 5, 2, 6]], np.int32)


def model_of(options, **more) -> Any:
    return shaken(dataclasses.replace(PAIR, **{**options, **more}))


@pytest.mark.parametrize("options", EACH)
def test_logits_equal_an_independent_forward_pass(options):
    model = model_of(options)
    logits = np.asarray(model((SOURCES, REPLIES)))
    pairs = zip(SOURCES, LENGTHS, REPLIES, strict=True)
    expected = [forward(by_path(model), model.config, ids, source=source[:length]) for source, length, ids in pairs]
    assert logits.shape == (3, 6, 12)
    np.testing.assert_allclose(logits, np.stack(expected), atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("options", EACH)
def test_the_parameters_are_counted_right(options):
    config = dataclasses.replace(PAIR, **options)
    model = build_model(config)
    assert model.count_params() == config.parameters()
    assert Counter(tuple(variable.shape) for variable in model.weights) == config.shapes()


def test_every_inner_tensor_equals_the_independent_one():
    for options in ({}, PAPER):
        model, inner = model_of(options), {}
        logits, cache = run_with_cache(model, (SOURCES[:1], REPLIES[:1]))
        forward(by_path(model), model.config, REPLIES[0], inner, SOURCES[0])
        rotated = {"positions", "encoder.positions"} if options == {} else set()
        assert {*cache} == {*inner} | rotated
        for name, value in inner.items():
            np.testing.assert_allclose(np.asarray(cache[name])[0], np.squeeze(value), atol=2e-5, err_msg=name)
        np.testing.assert_allclose(np.asarray(logits), np.asarray(model((SOURCES[:1], REPLIES[:1]))), atol=2e-5)
        edited = run_with_edits(model, (SOURCES, REPLIES), {"blocks.1.cross_attention.output": lambda x: 0 * x})
        assert np.abs(np.asarray(edited) - np.asarray(model((SOURCES, REPLIES)))).max() > 1e-3


@pytest.mark.parametrize("options", SOME)
def test_the_decoder_sees_no_later_symbol_and_the_encoder_sees_all(options):
    model, changed = model_of(options), REPLIES.copy()
    changed[:, 4:] = (changed[:, 4:] + 3) % 11
    before, after = (np.asarray(model((SOURCES, replies))) for replies in (REPLIES, changed))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert np.all(np.any(before[:, 4:] != after[:, 4:], axis=-1))
    for place in range(8):  # whichever character of a source changes, every logit of the reply does
        sources = SOURCES.copy()
        sources[0, place] = (sources[0, place] + 1) % 11
        assert np.all(np.any(np.asarray(model((sources, REPLIES)))[0] != before[0], axis=-1))


@pytest.mark.parametrize("options", SOME)
def test_what_stands_in_the_padding_changes_no_bit(options):
    """Of the source by its mask, in the encoder and across; of the reply because nothing looks ahead."""
    model, replies = model_of(options), REPLIES.copy()
    replies[:, 4:] = PADDING
    seen, visible = (np.asarray(part) for part in model.encode(SOURCES))
    logits = np.asarray(model((SOURCES, replies)))
    other = seen + np.where(visible[:, 0, 0, :, None], 0, RANDOM.normal(0, 100, seen.shape)).astype("float32")
    across = {"given": model.keys_and_values(other), "given_visible": visible}
    np.testing.assert_array_equal(
        np.asarray(read(model, replies, across)[0]),
        np.asarray(read(model, replies, {**across, "given": model.keys_and_values(seen)})[0]),
    )
    row = next(variable for variable in model.weights if variable.shape[0] == PADDING + 1)
    values = np.asarray(row).copy()
    values[PADDING] = RANDOM.normal(0, 100, values.shape[1])
    before = np.asarray(model((SOURCES, REPLIES)))
    row.assign(values)  # what an encoder reads at the padding
    np.testing.assert_array_equal(before, np.asarray(model((SOURCES, REPLIES))))
    np.testing.assert_array_equal(logits[:, :4], np.asarray(model((SOURCES, replies)))[:, :4])
    changed = replies.copy()
    changed[:, 4:] = RANDOM.integers(0, 11, (3, 2))
    np.testing.assert_array_equal(logits[:, :4], np.asarray(model((SOURCES, changed)))[:, :4])


@pytest.mark.parametrize("options", SOME)
def test_wider_padding_changes_a_millionth_of_the_largest_logit_at_most(options):
    """Relative to the largest logit of all, where that is above one: sums of another length round differently."""
    model = model_of(options)
    wide, narrow = (np.asarray(model((SOURCES[1:, :width], REPLIES[1:]))) for width in (8, 3))
    np.testing.assert_allclose(wide, narrow, atol=1e-6 * max(1, np.abs(wide).max()))


@pytest.mark.parametrize("options", SOME)
def test_more_padding_and_a_batch_change_almost_nothing(options):
    model = model_of(options)
    together = np.asarray(model((SOURCES, REPLIES)))
    for number, length in enumerate(LENGTHS):
        row = slice(number, number + 1)
        alone = np.asarray(model((SOURCES[row, : max(length, 2)], REPLIES[row])))
        np.testing.assert_allclose(alone[0], together[number], atol=1e-5 * max(1, np.abs(together).max()))


@pytest.mark.parametrize("options", SOME)
def test_the_cache_gives_the_logits_of_the_whole_reply(options):
    model = model_of(options)
    whole = np.asarray(model((SOURCES, REPLIES)))
    across = model.across(SOURCES)
    _, cache = read(model, np.zeros_like(REPLIES[:, :1]), across)  # all of it is written over
    cached, _ = model.extend(REPLIES, np.arange(6)[None].repeat(3, 0), cache, **across)
    np.testing.assert_allclose(np.asarray(cached), whole, atol=1e-4)
    state = decoding.begin(model, REPLIES[:, :1], np.ones(3, np.int32), SOURCES)
    for place in range(1, 6):
        np.testing.assert_allclose(np.asarray(state["logits"]), whole[:, place - 1], atol=1e-4)
        state = decoding.step(model, state, REPLIES[:, place])
    np.testing.assert_allclose(np.asarray(state["logits"]), whole[:, 5], atol=1e-4)


def test_without_cross_attention_the_source_does_not_matter():
    model = model_of(PAPER)
    for block in model.blocks:
        for part in (block.cross_attention.projection.kernel, block.cross_attention.projection.bias):
            part.assign(np.zeros(part.shape))
    same = np.stack([SOURCES[0]] * 3)
    logits = np.asarray(model((same, REPLIES)))
    np.testing.assert_array_equal(np.asarray(model((SOURCES, REPLIES))), logits)


def test_the_presets_are_the_paper_and_tiny():
    paper, modern, tiny = (PRESETS[name].model for name in ("paper", "encdec", "tiny"))
    assert dataclasses.replace(paper, **PAPER) == paper
    assert (paper.embedding_dropout, paper.attention_output_dropout, paper.feed_forward_dropout) == (0.1, 0.1, 0.1)
    assert (PRESETS["paper"].training.beta2, PRESETS["paper"].training.label_smoothing) == (0.98, 0.1)
    assert dataclasses.replace(modern, architecture="gpt") == dataclasses.replace(
        tiny, block_size=modern.block_size, num_layers=modern.num_layers, positions="sinusoidal"
    )
    for config in (paper, modern):
        assert build_model(config).count_params() == config.parameters()


@pytest.mark.slow
def test_both_backends_give_equal_logits(tmp_path):
    model = model_of(PAPER)
    np.savez(tmp_path / "weights.npz", *model.get_weights())
    code = f"""
import keras, numpy as np
from tinygpt_keras.config import ModelConfig
from tinygpt_keras.models.build import build_model
assert keras.backend.backend() == "jax"
model = build_model({model.config!r})
saved = np.load("weights.npz")
model.set_weights([saved[name] for name in saved.files])
pair = np.array({SOURCES.tolist()}, "int32"), np.array({REPLIES.tolist()}, "int32")
np.save("logits.npy", np.asarray(model(pair)))
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "logits.npy"), np.asarray(model((SOURCES, REPLIES))), atol=1e-5)
