"""Every layer passes one test; each has its own promises besides."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layers.fast.tracing import random_heads
from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import (
    Attention,
    Dense,
    DenseEmbedding,
    FeedForward,
    TransformerBlock,
    attention_weights,
    causal_mask,
    rotate,
    rotation,
)
from tinygpt_keras.layers.feed_forward import ACTIVATIONS
from tinygpt_keras.layers.normalization import EPSILON, make_norm
from tinygpt_keras.models.bigram import Bigram
from tinygpt_keras.models.tiny_gpt import TinyGPT

SHAPE = (2, 5, 8)  # (B, T, C)
ATTENTION = {"num_heads": 2, "dropout": 0.1, "output_dropout": 0.1}
FEED_FORWARD = {"hidden_dim": 12, "dropout": 0.1}
SMALL = ModelConfig(vocab_size=7, block_size=5, embed_dim=8, num_heads=2, num_layers=2)

# Each layer with the number of weights that a count by hand gives.
LAYERS = [
    (Dense, {"units": 8}, 8 * 8 + 8),
    (Dense, {"units": 8, "use_bias": False, "activation": "tanh"}, 8 * 8),
    (Attention, ATTENTION, 4 * (8 * 8 + 8)),
    (
        Attention,
        {**ATTENTION, "bias": False, "qkv_bias": False, "qk_norm": True, "scale": 0.3},
        4 * 8 * 8,
    ),
    (FeedForward, FEED_FORWARD, 8 * 12 + 12 + 12 * 8 + 8),
    (FeedForward, {**FEED_FORWARD, "activation": "swiglu", "bias": False}, 3 * 8 * 12),
    (FeedForward, {**FEED_FORWARD, "activation": "relu"}, 8 * 12 + 12 + 12 * 8 + 8),
    (
        TransformerBlock,
        {"attention": ATTENTION, "feed_forward": FEED_FORWARD},
        4 * (8 * 8 + 8) + 8 * 12 + 12 + 12 * 8 + 8 + 2 * 2 * 8,
    ),
    (
        TransformerBlock,
        {"attention": ATTENTION, "feed_forward": FEED_FORWARD, "norm": "rmsnorm"},
        4 * (8 * 8 + 8) + 8 * 12 + 12 + 12 * 8 + 8 + 2 * 8,
    ),
]


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize(("kind", "arguments", "weights"), LAYERS)
def test_a_layer_keeps_its_contract(kind, arguments, weights, precision):
    layer = kind(**arguments, dtype=precision, name="tested")
    layer.build(SHAPE)
    assert layer.count_params() == weights
    x = np.random.default_rng(0).normal(size=SHAPE).astype("float32")
    y = layer(x)
    assert tuple(y.shape) == tuple(layer(keras.KerasTensor(SHAPE)).shape) == SHAPE
    assert keras.backend.standardize_dtype(y.dtype) == layer.compute_dtype
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert [w.path for w in again.weights] == [w.path for w in layer.weights]
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(np.asarray(again(x), "float32"), np.asarray(y, "float32"))
    assert_one_step_learns(layer, x)


def assert_one_step_learns(layer, x):
    """One step of gradient descent moves every weight that acts on the output."""
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(1.0), loss="mse", auto_scale_loss=False)
    before = [np.copy(w) for w in model.get_weights()]
    model.train_on_batch(x, 10 * np.ones_like(x))
    moved = [np.any(old != new) for old, new in zip(before, model.get_weights(), strict=True)]
    # A key's bias shifts all scores of a row alike, so softmax cannot see it.
    named = dict(zip([w.path for w in model.weights], moved, strict=True))
    assert all(value for path, value in named.items() if "seed" not in path and not path.endswith("key/bias")), named


@pytest.mark.parametrize("model", [TinyGPT, Bigram])
def test_a_model_can_be_serialised(model):
    first = model(SMALL, name="tested")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(first))
    assert again.config == SMALL


def test_attention_weights_are_a_causal_average():
    query, key = random_heads(2, 3, 6, 4), random_heads(2, 3, 6, 4)
    scores = 0.5 * np.einsum("bhtd,bhsd->bhts", query, key)
    weights = np.asarray(attention_weights(scores, causal_mask(np.arange(6)[None], 6)))
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    assert np.all(weights[..., np.triu_indices(6, 1)[0], np.triu_indices(6, 1)[1]] == 0)
    # By hand, for the last position, which sees all.
    last = scores[:, :, -1]
    expected = np.exp(last) / np.exp(last).sum(-1, keepdims=True)
    np.testing.assert_allclose(weights[:, :, -1], expected, rtol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_layer_norm_and_its_gradient_match_keras(bias, precision):
    policy = keras.DTypePolicy(precision)
    ours = make_norm("layernorm", bias, "norm", policy)
    theirs = keras.layers.LayerNormalization(epsilon=EPSILON, center=bias, dtype=policy)
    random = np.random.default_rng(0)
    x = tf.Variable(random.normal(3.0, 5.0, (2, 3, 16)).astype("float32"))
    wanted = random.normal(size=(2, 3, 16)).astype("float32")
    results = []
    assert type(ours) is not type(theirs)
    for norm in (ours, theirs):
        norm.build(x.shape)
        norm.set_weights([np.linspace(start, 2, 16) for start in (0.5, -1)[: len(norm.weights)]])
        with tf.GradientTape() as tape:
            y = norm(x)
            loss = tf.reduce_sum(tf.cast(y, "float32") * wanted)
        results.append((y, *tape.gradient(loss, [x, *(weight.value for weight in norm.trainable_weights)])))
    close = {"float32": 1e-5, "mixed_bfloat16": 0.04, "mixed_float16": 5e-3}[precision]
    for mine, other in zip(*results, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(np.float32(mine), np.float32(other), rtol=close, atol=close)


def test_layer_normalisation_moves_and_scales_each_position_alone():
    x = np.random.default_rng(0).normal(3.0, 5.0, (2, 3, 64)).astype("float32")
    y = np.asarray(make_norm("layernorm", True, "norm", keras.DTypePolicy("float32"))(x))
    np.testing.assert_allclose(y.mean(axis=-1), np.zeros((2, 3)), atol=1e-6)
    np.testing.assert_allclose(y.var(axis=-1), np.ones((2, 3)), atol=1e-4)


@settings(max_examples=30)
@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 1000))
def test_rope_knows_distances_alone(first, second, shift):
    query, key = random_heads(1, 1, 1, 8), random_heads(1, 1, 1, 8)

    def score(a, b):
        turned = [np.asarray(rotate(x, rotation(np.array([[p]]), 8))) for x, p in ((query, a), (key, b))]
        return float((turned[0] * turned[1]).sum())

    assert score(first, second) == pytest.approx(score(first + shift, second + shift), abs=2e-3)


def test_rope_turns_by_its_formula():
    x = random_heads(1, 1, 1, 4)
    turned = np.asarray(rotate(x, rotation(np.array([[3]]), 4)))[0, 0, 0]
    for pair, frequency in ((0, 1.0), (1, 10_000**-0.5)):
        z = complex(x[0, 0, 0, pair], x[0, 0, 0, pair + 2]) * np.exp(1j * 3 * frequency)
        assert turned[pair] == pytest.approx(z.real, abs=1e-6)
        assert turned[pair + 2] == pytest.approx(z.imag, abs=1e-6)


def test_a_repeated_embedding_row_gets_one_summed_update():
    """Adam's first step moves every row that occurs by the learning rate, however often it occurs."""
    model = keras.Sequential([keras.Input((6,), dtype="int32"), DenseEmbedding(3, 2)])
    model.compile(keras.optimizers.Adam(0.1), loss="mse")
    (before,) = [np.copy(w) for w in model.get_weights()]
    model.train_on_batch(np.array([[0, 0, 0, 0, 0, 1]]), np.full((1, 6, 2), 5.0))
    np.testing.assert_allclose(model.get_weights()[0] - before, [[0.1, 0.1], [0.1, 0.1], [0, 0]], atol=1e-4)


def test_every_activation_can_be_chosen():
    (activation,) = (field for field in dataclasses.fields(ModelConfig) if field.name == "activation")
    assert set(ACTIVATIONS) == set(activation.metadata["choices"])


@pytest.mark.parametrize("missing", ["given", "given_visible"])
def test_a_block_that_looks_across_needs_a_source_and_its_mask(missing):
    """Without its mask the source would be hidden as the future is."""
    block, x = TransformerBlock(ATTENTION, FEED_FORWARD, looks_across=True), np.ones(SHAPE, np.float32)
    block.build(SHAPE)
    assert block.cross_attention is not None
    source = {"given": block.cross_attention.keys_and_values(x), "given_visible": np.ones((2, 1, 1, 5), bool)}
    assert block(x, **source).shape == SHAPE
    with pytest.raises(ValueError, match="Give it the keys and values of a source, and their mask"):
        block(x, **{**source, missing: None})
