"""GELU with its written gradient is the formula with TensorFlow's."""

import math

import numpy as np
import tensorflow as tf

from tinygpt_keras.layers.fast.gelu import gelu, gelu_formula


def test_gelu_and_its_gradient_are_those_of_the_formula():
    x = np.linspace(-6, 6, 241, dtype="float32")
    with tf.GradientTape() as tape:
        variable = tf.Variable(x)
        y = gelu(variable)
    chance = np.array([0.5 * math.erfc(-value / 2**0.5) for value in x.tolist()])
    density = np.exp(-(x.astype("float64") ** 2) / 2) / (2 * math.pi) ** 0.5
    np.testing.assert_allclose(np.asarray(y), x * chance, atol=1e-6)
    np.testing.assert_allclose(np.asarray(tape.gradient(y, variable)), chance + x * density, atol=1e-6)


def test_gelu_equals_its_plain_formula():
    x = tf.Variable(np.linspace(-6, 6, 241, dtype="float32"))
    with tf.GradientTape(persistent=True) as tape:
        fast, plain = gelu(x), gelu_formula(x)
    np.testing.assert_allclose(np.asarray(fast), np.asarray(plain), atol=1e-6)
    np.testing.assert_allclose(np.asarray(tape.gradient(fast, x)), np.asarray(tape.gradient(plain, x)), atol=1e-6)
