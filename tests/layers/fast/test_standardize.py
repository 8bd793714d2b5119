"""Standardisation with its written gradient is the formula with TensorFlow's."""

import numpy as np
import tensorflow as tf

from tinygpt_keras.layers.fast.standardize import standardize, standardize_formula


def test_standardize_equals_its_plain_formula():
    random = np.random.default_rng(0)
    x = tf.Variable(random.normal(3.0, 5.0, (2, 3, 16)).astype("float32"))
    upstream = tf.constant(random.normal(size=(2, 3, 16)).astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        fast, plain = standardize(x), standardize_formula(x)
    np.testing.assert_allclose(np.asarray(fast), np.asarray(plain), atol=1e-6)
    found, expected = (np.asarray(tape.gradient(y, x, output_gradients=[upstream])) for y in (fast, plain))
    np.testing.assert_allclose(found, expected, atol=1e-6)
