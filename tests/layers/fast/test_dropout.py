"""Dropout by two bytes a number drops what it should."""

import numpy as np
import pytest
import tensorflow as tf

from tinygpt_keras.layers import Dropout
from tinygpt_keras.layers.fast.dropout import two_bytes


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


def test_dropout_is_identical_under_xla_and_unknown_shapes():
    x = np.random.default_rng(0).normal(size=(3, 7, 5)).astype("float32")
    layers = [Dropout(0.3, seed=3) for _ in range(3)]
    plain = np.asarray(layers[0](x, training=True))
    compiled = tf.function(lambda x: layers[1](x, training=True), jit_compile=True)
    unknown = tf.function(lambda x: layers[2](x, training=True), input_signature=[tf.TensorSpec([None] * 3, "float32")])
    np.testing.assert_allclose(np.asarray(compiled(x)), plain, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(unknown(x)), plain, rtol=1e-6)


@pytest.mark.parametrize("count", [2, 101])
def test_two_bytes_are_the_halves_of_the_four_drawn(count):
    words = tf.random.stateless_uniform([(count + 1) // 2], [3, 0], None, None, tf.uint32).numpy()
    halves = np.stack([words & 0xFFFF, words >> 16], axis=-1).reshape(-1)[:count]  # the lower one first
    np.testing.assert_array_equal(two_bytes((count,), (3, 0)), halves)
