"""The models are what their configuration says, by independent accounts."""

import dataclasses
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from tests.models.numpy_forward import forward
from tinygpt_keras.config import PRESETS, ModelConfig
from tinygpt_keras.models.bigram import Bigram
from tinygpt_keras.models.build import build_model

BASE = ModelConfig(vocab_size=11, block_size=8, embed_dim=12, num_heads=3, num_layers=2, initialization="normal")
OPTIONS = [
    {},
    {"positions": "learned"},
    {"norm": "layernorm", "bias": True},
    {"norm": "layernorm", "bias": False},
    {"activation": "gelu"},
    {"activation": "relu"},
    {"activation": "swiglu"},
    {"activation": "swiglu", "bias": True},
    {"qk_norm": False},
    {"bias": True, "qkv_bias": True, "head_bias": True},
    {"tied_head": True},
    {"attention_scale": "width"},
    {"norm_position": "post", "norm": "layernorm", "bias": True},
    {"positions": "sinusoidal", "scaled_embedding": True, "tied_head": True},
    {"positions": "learned", "norm": "layernorm", "activation": "gelu", "qk_norm": False, "tied_head": True},
]
IDS = np.random.default_rng(3).integers(0, 11, (2, 8)).astype("int32")


def shaken(config):
    """A model whose weights, norms and biases too, are all random."""
    model = build_model(config)
    random = np.random.default_rng(4)
    for variable in model.weights:
        variable.assign(random.normal(0.2, 0.3, variable.shape))
    return model


def by_path(model):
    return {variable.path.partition("/")[2]: np.asarray(variable) for variable in model.weights}


@pytest.mark.parametrize("options", OPTIONS)
def test_logits_equal_an_independent_forward_pass(options):
    config = dataclasses.replace(BASE, **options)
    model = shaken(config)
    logits = np.asarray(model(IDS))
    expected = np.stack([forward(by_path(model), config, ids) for ids in IDS])
    np.testing.assert_allclose(logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
def test_the_parameters_are_counted_right(options):
    config = dataclasses.replace(BASE, **options)
    model = build_model(config)
    assert model.count_params() == config.parameters()
    assert Counter(tuple(variable.shape) for variable in model.weights) == config.shapes()


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        ("quick", 213_632),
        ("base", 4_755_200),
        ("seed", 2_715_713),
        ("bigram", 65 * 65),
        ("tiny", 804_224),
        ("nano-cpu", 804_096),
    ],
)
def test_the_presets_have_the_parameters_that_they_claim(preset, parameters):
    assert build_model(PRESETS[preset].model).count_params() == parameters


def test_nano_is_nanogpts_size():
    # nanoGPT reports 10.65M and leaves out its position embedding, which makes it 10.75M here.
    config = PRESETS["nano"].model
    assert round((config.parameters() - config.block_size * config.embed_dim) / 1e6, 2) == 10.65


@pytest.mark.parametrize("options", [*OPTIONS, {"architecture": "bigram"}])
def test_no_future_character_changes_a_past_logit(options):
    model = shaken(dataclasses.replace(BASE, **options))
    changed = IDS.copy()
    changed[:, 5:] = (changed[:, 5:] + 3) % 11
    before, after = np.asarray(model(IDS)), np.asarray(model(changed))
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert np.all(np.any(before[:, 5:] != after[:, 5:], axis=-1))


def test_more_characters_than_the_block_are_refused_in_words():
    model = build_model(BASE)
    with pytest.raises(ValueError, match=f"{BASE.block_size + 1} characters exceed the block size, {BASE.block_size}"):
        model(np.zeros((1, BASE.block_size + 1), np.int32))


def test_bigram_looks_at_one_character():
    model = shaken(dataclasses.replace(BASE, architecture="bigram"))
    assert isinstance(model, Bigram)
    np.testing.assert_array_equal(np.asarray(model(IDS)), by_path(model)["table/embeddings"][IDS])


def test_a_new_default_model_finds_all_characters_equally_likely():
    logits = np.asarray(build_model(PRESETS["tiny"].model)(IDS))
    np.testing.assert_array_equal(logits, 0)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_in_every_precision(precision):
    config = dataclasses.replace(BASE, tied_head=True)
    model, half = build_model(config), build_model(config, precision)
    half.set_weights(model.get_weights())
    logits = np.asarray(half(IDS))
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, np.asarray(model(IDS)), atol=0.02)


def test_each_dropout_option_acts_in_training_only():
    """Without dropout the model has no seed variables."""
    for place in ("embedding", "attention", "attention_output", "feed_forward"):
        model = shaken(dataclasses.replace(BASE, **{f"{place}_dropout": 0.5}))
        assert np.any(np.asarray(model(IDS, training=True)) != np.asarray(model(IDS)))
        np.testing.assert_array_equal(np.asarray(model(IDS)), np.asarray(model(IDS)))
    assert not [v for v in build_model(BASE).variables if "seed" in v.path]


def test_each_dropout_is_where_it_is_said():
    rates = {"embedding": 0.1, "attention": 0.2, "attention_output": 0.3, "feed_forward": 0.4}
    model = build_model(dataclasses.replace(BASE, **{f"{place}_dropout": rate for place, rate in rates.items()}))
    block = model.blocks[-1]
    layers = (
        model.embedding_dropout,
        block.attention.dropout,
        block.attention.output_dropout,
        block.feed_forward.dropout,
    )
    assert [layer.rate for layer in layers] == [*rates.values()]


@pytest.mark.slow
def test_both_backends_give_equal_logits(tmp_path):
    config = dataclasses.replace(BASE, norm="layernorm", bias=True, activation="swiglu")
    model = shaken(config)
    np.savez(tmp_path / "weights.npz", *model.get_weights())
    code = f"""
import keras, numpy as np
from tinygpt_keras.config import ModelConfig
from tinygpt_keras.generation.context import read
from tinygpt_keras.models.build import build_model
assert keras.backend.backend() == "jax"
model = build_model({config!r})
saved = np.load("weights.npz")
model.set_weights([saved[name] for name in saved.files])
ids = np.array({IDS.tolist()}, "int32")
_, cache = read(model, ids[::-1])  # all of it is written over
cached, _ = model.extend(ids, np.arange(8)[None].repeat(2, 0), cache)
_, cache = read(model, ids[1:])
single = []
for place in range(8):
    logits, cache = model.extend(ids[:1, place : place + 1], np.array([[place]]), cache)
    single.append(np.asarray(logits))
np.savez("logits.npz", whole=model(ids), cached=cached, single=np.concatenate(single, axis=1))
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    with np.load(tmp_path / "logits.npz") as logits:
        np.testing.assert_allclose(logits["whole"], np.asarray(model(IDS)), atol=1e-5)
        np.testing.assert_allclose(logits["cached"], np.asarray(model(IDS)), atol=1e-5)
        np.testing.assert_allclose(logits["single"], np.asarray(model(IDS))[:1], atol=1e-5)
