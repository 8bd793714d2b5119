"""Every layer passes one test; each has its own promises besides."""

import collections
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import (
    CausalSelfAttention,
    Dense,
    DenseEmbedding,
    FeedForward,
    TransformerBlock,
    attention_weights,
    causal_mask,
    rotate,
    rotation,
)
from tinygpt_keras.layers.fast.dense import multiply_together
from tinygpt_keras.layers.fast.products import blend, compare
from tinygpt_keras.layers.feed_forward import gelu
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
    (CausalSelfAttention, ATTENTION, 4 * (8 * 8 + 8)),
    (
        CausalSelfAttention,
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


@settings(deadline=None)
@given(
    st.sampled_from([(1, 1), (1,), (1, 1, 1), (2, 1), (1, 2)]), st.integers(1, 24), st.integers(1, 24), st.booleans()
)
def test_dense_is_keras_own_however_it_multiplies(positions, inputs, units, bias):
    random = keras.initializers.RandomNormal(seed=1)
    arguments = {"units": units, "use_bias": bias, "activation": "tanh"}
    arguments |= {"kernel_initializer": random, "bias_initializer": random}
    ours, theirs = Dense(**arguments), keras.layers.Dense(**arguments)
    x = random_heads(*positions, inputs)
    ours.build(x.shape)
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    assert ours(x).shape == theirs(x).shape
    np.testing.assert_allclose(np.asarray(ours(x)), np.asarray(theirs(x)), rtol=1e-5, atol=1e-6)


@settings(deadline=None)
@given(
    st.sampled_from([(1, 1), (2, 1), (1, 2)]), st.integers(1, 24), st.integers(1, 9), st.integers(1, 4), st.booleans()
)
def test_layers_multiply_together_as_they_do_alone(positions, inputs, units, number, bias):
    random = keras.initializers.RandomNormal(seed=1)
    arguments = {"use_bias": bias, "activation": "tanh", "kernel_initializer": random, "bias_initializer": random}
    layers = [Dense(units, **arguments) for _ in range(number)]
    x = random_heads(*positions, inputs)
    for place, layer in enumerate(layers):
        layer.build(x.shape)
        for weight in layer.weights:
            weight.assign(weight * (place + 1))
    together = multiply_together(layers, x)
    for layer, output in zip(layers, together, strict=True):
        np.testing.assert_allclose(np.asarray(output), np.asarray(layer(x)), rtol=1e-5, atol=1e-6)


def operations(function, *shapes, dtype="float32"):
    """How many operations of each kind TensorFlow makes of a function."""
    traced = tf.function(function).get_concrete_function(*(tf.TensorSpec(shape, dtype) for shape in shapes))
    return collections.Counter(operation.type for operation in traced.graph.get_operations())


def test_dense_multiplies_a_single_position_in_parts():
    layer = Dense(8)
    layer.build((1, 1, 8))
    assert "BatchMatMulV2" in operations(layer, (1, 1, 8))
    assert "BatchMatMulV2" not in operations(layer, (2, 1, 8)) | operations(layer, (None, 1, 8))


def test_queries_keys_and_values_of_a_single_position_are_one_product():
    attention = CausalSelfAttention(num_heads=2)
    attention.build((1, 1, 8))
    assert operations(attention.project, (1, 1, 8))["BatchMatMulV2"] == 1
    assert operations(attention.project, (None, 1, 8))["BatchMatMulV2"] == 0


def random_heads(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


@pytest.mark.parametrize("queries", [1, 5])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(
    ("multiply", "equation", "width"), [(compare, "bhtd,bhsd->bhts", 4), (blend, "bhts,bhsd->bhtd", 6)]
)
def test_attention_multiplies_one_query_as_it_does_many(multiply, equation, width, dtype, queries):
    left, right = (tf.cast(random_heads(*shape), dtype) for shape in ((2, 3, queries, width), (2, 3, 6, 4)))
    with tf.GradientTape() as tape:
        tape.watch([left, right])
        product = multiply(left, right)
    assert product.dtype == dtype
    kinds = operations(multiply, left.shape, right.shape, dtype=dtype)
    assert ("BatchMatMulV3" in kinds) == (queries == 1 and dtype == "float32")
    exact = [np.asarray(tf.cast(x, "float64")) for x in (left, right)]
    rtol, atol = (1e-5, 1e-5) if dtype == "float32" else (0.02, 0.05)
    np.testing.assert_allclose(np.asarray(tf.cast(product, "float64")), np.einsum(equation, *exact), rtol, atol)
    # Of a sum of products the gradient of one side is the other's sum over what it lacks.
    ones = np.ones(product.shape)
    letters, (first, second) = equation.split("->")[1], equation.split("->")[0].split(",")
    expected = (
        np.einsum(f"{letters},{second}->{first}", ones, exact[1]),
        np.einsum(f"{letters},{first}->{second}", ones, exact[0]),
    )
    for found, wanted in zip(tape.gradient(product, [left, right]), expected, strict=True):
        np.testing.assert_allclose(np.asarray(found).astype("float64"), wanted, rtol, atol)


def test_attention_weights_are_a_causal_average():
    query, key = random_heads(2, 3, 6, 4), random_heads(2, 3, 6, 4)
    weights = np.asarray(attention_weights(query, key, 0.5, causal_mask(np.arange(6)[None], 6)))
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    assert np.all(weights[..., np.triu_indices(6, 1)[0], np.triu_indices(6, 1)[1]] == 0)
    # By hand, for the last position, which sees all.
    scores = 0.5 * np.einsum("bhd,bhsd->bhs", query[:, :, -1], key)
    expected = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    np.testing.assert_allclose(weights[:, :, -1], expected, rtol=1e-5)


def test_gelu_and_its_gradient_are_those_of_the_formula():
    x = np.linspace(-6, 6, 241, dtype="float32")
    with tf.GradientTape() as tape:
        variable = tf.Variable(x)
        y = gelu(variable)
    chance = np.array([0.5 * math.erfc(-value / 2**0.5) for value in x.tolist()])
    density = np.exp(-(x.astype("float64") ** 2) / 2) / (2 * math.pi) ** 0.5
    np.testing.assert_allclose(np.asarray(y), x * chance, atol=1e-6)
    np.testing.assert_allclose(np.asarray(tape.gradient(y, variable)), chance + x * density, atol=1e-6)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_layer_normalisation_is_keras_own_and_so_is_its_gradient(bias, precision):
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


@settings(max_examples=30, deadline=None)
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


def test_a_row_that_occurs_often_gets_the_update_of_its_whole_gradient():
    """Adam's first step moves every row that occurs by the learning rate, however often it occurs."""
    model = keras.Sequential([keras.Input((6,), dtype="int32"), DenseEmbedding(3, 2)])
    model.compile(keras.optimizers.Adam(0.1), loss="mse")
    (before,) = [np.copy(w) for w in model.get_weights()]
    model.train_on_batch(np.array([[0, 0, 0, 0, 0, 1]]), np.full((1, 6, 2), 5.0))
    np.testing.assert_allclose(model.get_weights()[0] - before, [[0.1, 0.1], [0.1, 0.1], [0, 0]], atol=1e-4)
