"""Attention learns through what its dropout left, though the dropped weights are computed twice."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tinygpt_keras.layers import Attention, Dropout
from tinygpt_keras.layers.fast.blending import blend_dropped
from tinygpt_keras.layers.fast.products import blend

SHAPE = (2, 5, 8)  # (B, T, C)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_blending_and_its_gradient_use_one_dropout_mask(jit_compile):
    random = np.random.default_rng(0)
    layer = Attention(num_heads=2, dropout=0.5)
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


@pytest.mark.parametrize(("training", "rate"), [(True, 0.5), (True, 0.0), (False, 0.5)])
def test_blending_dropped_weights_equals_the_plain_formula(training, rate):
    random = np.random.default_rng(1)
    weights, value = random.random((2, 2, 5, 5)).astype("float32"), random.normal(size=(2, 2, 5, 4)).astype("float32")
    dropout, same = Dropout(rate, seed=3), Dropout(rate, seed=3)
    fast = blend_dropped(weights, value, dropout, training)
    np.testing.assert_allclose(fast, blend(same(weights, training=training), value), rtol=1e-6, atol=1e-6)


def test_attention_that_has_learned_is_forgotten():
    def learn():
        layer = Attention(num_heads=2, dropout=0.5)
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
