"""A single position is multiplied in parts, with the result of Keras's own layer."""

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.fast.tracing import operations, random_heads
from tinygpt_keras.layers import Attention, Dense
from tinygpt_keras.layers.fast import multiply_together


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


def test_dense_multiplies_a_single_position_in_parts():
    layer = Dense(8)
    layer.build((1, 1, 8))
    assert "BatchMatMulV2" in operations(layer, (1, 1, 8))
    assert "BatchMatMulV2" not in operations(layer, (2, 1, 8)) | operations(layer, (None, 1, 8))


def test_a_single_position_needs_one_qkv_product():
    attention = Attention(num_heads=2)
    attention.build((1, 1, 8))
    assert operations(attention.project, (1, 1, 8))["BatchMatMulV2"] == 1
    assert operations(attention.project, (None, 1, 8))["BatchMatMulV2"] == 0
