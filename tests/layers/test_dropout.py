"""Dropout drops what it should, and attention learns through what it left."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tinygpt_keras.layers import CausalSelfAttention, Dropout
from tinygpt_keras.layers.fast.blending import blend_dropped

SHAPE = (2, 5, 8)  # (B, T, C)


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.99])
def test_dropout_drops_its_part_and_keeps_the_mean(rate):
    x = np.ones((3, 101, 333), "float32")  # an odd number of elements
    layer = Dropout(rate, seed=3)
    first, second = (np.asarray(layer(x, training=True)) for _ in range(2))
    # Five standard deviations of a sum of so many independent draws.
    error = 5 * (rate * (1 - rate) / x.size) ** 0.5
    for dropped in (first, second):
        assert np.mean(dropped == 0) == pytest.approx(rate, abs=error)
        np.testing.assert_allclose(dropped[dropped != 0], 1 / (1 - rate), rtol=1e-6)
    both = np.mean((first == 0) & (second == 0))
    assert both == pytest.approx(rate**2, abs=5 * (rate**2 * (1 - rate**2) / x.size) ** 0.5)
    neighbours = np.mean((first[..., 1:] == 0) & (first[..., :-1] == 0))
    assert neighbours == pytest.approx(rate**2, abs=10 * (rate**2 / x.size) ** 0.5)
    np.testing.assert_array_equal(np.asarray(Dropout(rate, seed=3)(x, training=True)), first)
    np.testing.assert_array_equal(np.asarray(layer(x)), x)


def test_dropout_is_the_same_under_xla_and_with_any_shape():
    x = np.random.default_rng(0).normal(size=(3, 7, 5)).astype("float32")
    layers = [Dropout(0.3, seed=3) for _ in range(3)]
    plain = np.asarray(layers[0](x, training=True))
    compiled = tf.function(lambda x: layers[1](x, training=True), jit_compile=True)
    unknown = tf.function(lambda x: layers[2](x, training=True), input_signature=[tf.TensorSpec([None] * 3, "float32")])
    np.testing.assert_allclose(np.asarray(compiled(x)), plain, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(unknown(x)), plain, rtol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_attention_blends_what_its_dropout_left_and_so_does_its_gradient(jit_compile):
    random = np.random.default_rng(0)
    layer = CausalSelfAttention(num_heads=2, dropout=0.5)
    layer.build(SHAPE)
    layer.dropout.seed_generator.state.assign([3, 0])
    kept = np.asarray(layer.dropout.draw((2, 2, 5, 5)))
    assert 0 < kept.mean() < 1
    weights = random.random((2, 2, 5, 5)).astype("float32")
    value, upstream = random.normal(size=(2, 2, 2, 5, 4)).astype("float32")

    @tf.function(jit_compile=jit_compile)
    def blended(weights, value):
        with tf.GradientTape() as tape:
            tape.watch((weights, value))
            y = blend_dropped(weights, value, layer.dropout, training=True)
        return y, *tape.gradient(y, (weights, value), upstream)

    layer.dropout.seed_generator.state.assign([3, 0])
    y, of_weights, of_value = (np.asarray(found) for found in blended(tf.constant(weights), tf.constant(value)))
    left = np.where(kept, weights / 0.5, 0)
    np.testing.assert_allclose(y, left @ value, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(of_value, left.swapaxes(-1, -2) @ upstream, rtol=1e-5, atol=1e-5)
    expected = np.where(kept, upstream @ value.swapaxes(-1, -2) / 0.5, 0)
    np.testing.assert_allclose(of_weights, expected, rtol=1e-5, atol=1e-5)


def test_attention_that_has_learned_is_forgotten():
    def learn():
        layer = CausalSelfAttention(num_heads=2, dropout=0.5)
        layer.build(SHAPE)

        @tf.function
        def gradient(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, training=True)
            return tape.gradient(y, x)

        assert np.any(np.asarray(gradient(tf.random.normal(SHAPE))))
        return weakref.ref(layer)

    forgotten = learn()
    gc.collect()
    assert forgotten() is None
