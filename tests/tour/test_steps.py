"""Each step computes what its text says, and the last steps compute the same as the package's layers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from keras import ops

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import Attention, TransformerBlock, attention_weights, causal_mask, padding_mask
from tinygpt_keras.models.build import build_model
from tinygpt_keras.tour import CAUSAL, read_steps
from tinygpt_keras.tour.block import block
from tinygpt_keras.tour.looking_across import looking_across
from tinygpt_keras.tour.looking_both_ways import looking_both_ways
from tinygpt_keras.tour.mean_by_loop import mean_by_loop
from tinygpt_keras.tour.mean_by_matrix import mean_by_matrix
from tinygpt_keras.tour.mean_by_softmax import mean_by_softmax
from tinygpt_keras.tour.one_head import one_head
from tinygpt_keras.tour.scaled_head import scaled_head
from tinygpt_keras.tour.several_heads import several_heads
from tinygpt_keras.tour.weights import block_weights, random_weights

STEPS = read_steps()
PLAIN = {"positions": "learned", "norm": "layernorm", "activation": "relu", "qk_norm": False}
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 4))  # (B, T, C)
INPUTS = SHAPES.flatmap(lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(-1, 1, width=32)))

# Keras warns of a softmax over a single score; a text of one character has just one.
one_score = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1:UserWarning")


def random_input(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def shaken_block(num_heads, width=12):
    """Return a `TransformerBlock` with all weights random, including the norms."""
    layer = TransformerBlock(
        attention={"num_heads": num_heads, "bias": False, "qkv_bias": False},
        feed_forward={"hidden_dim": 4 * width, "activation": "relu", "bias": False},
        bias=False,
    )
    layer.build((None, None, width))
    random = np.random.default_rng(num_heads)
    for variable in layer.weights:
        variable.assign(random.normal(0.2, 0.5, variable.shape))
    return layer


@one_score
@settings(max_examples=50)
@given(INPUTS)
def test_the_three_means_are_the_mean_of_the_past(x):
    expected = np.cumsum(x, axis=1, dtype="float64") / np.arange(1, x.shape[1] + 1)[None, :, None]
    for function in (mean_by_loop, mean_by_matrix, mean_by_softmax):
        np.testing.assert_allclose(function(x)["output"], expected, rtol=0, atol=1e-6)


@one_score
@pytest.mark.parametrize("length", [1, 2, 9])
def test_softmax_of_masked_zeros_is_the_divided_triangle(length):
    x = random_input(1, length, 3)
    np.testing.assert_allclose(mean_by_softmax(x)["weights"], mean_by_matrix(x)["weights"], rtol=0, atol=1e-7)


def test_a_head_without_preferences_takes_the_mean():
    """Zero queries make every score zero, and with the identity as value projection the values are x."""
    x = random_input(2, 7, 5)
    gathered = one_head(x, np.zeros((5, 3), "float32"), random_input(5, 3), np.eye(5, dtype="float32"))["output"]
    np.testing.assert_allclose(gathered, mean_by_softmax(x)["output"], atol=1e-6)


def test_one_head_equals_attention_computed_per_position():
    x, query, key, value = random_input(1, 6, 5), *(random_input(5, 3, seed=seed) for seed in (1, 2, 3))
    found = one_head(x, query, key, value)
    for time in range(6):
        scores = (x[0, time] @ query) @ (x[0, : time + 1] @ key).T
        chances = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        np.testing.assert_allclose(found["output"][0, time], chances @ (x[0, : time + 1] @ value), atol=1e-5)


@pytest.mark.parametrize("head_dim", [1, 4, 64])
def test_scaling_divides_scores_by_root_of_head_size(head_dim):
    x, query, key, value = random_input(2, 6, 5), *(random_input(5, head_dim, seed=seed) for seed in (1, 2, 3))
    raw, scaled = (np.asarray(head(x, query, key, value)["scores"]) for head in (one_head, scaled_head))
    np.testing.assert_allclose(scaled, raw / np.sqrt(head_dim), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("head_dim", [1, 4, 64])
def test_the_scaled_head_weighs_as_the_package_does(head_dim):
    x, query, key, value = random_input(2, 6, 5), *(random_input(5, head_dim, seed=seed) for seed in (1, 2, 3))
    queries, keys = ((x @ matrix)[:, None] for matrix in (query, key))  # (B, 1, T, D)
    scores = head_dim**-0.5 * queries @ keys.swapaxes(-1, -2)
    expected = attention_weights(scores, causal_mask(np.arange(6)[None], 6))[:, 0]
    np.testing.assert_allclose(scaled_head(x, query, key, value)["weights"], expected, atol=1e-6)


@pytest.mark.parametrize("num_heads", [1, 2, 3, 6])
def test_several_heads_equal_the_packages_attention(num_heads):
    layer = Attention(num_heads, bias=False, qkv_bias=False)
    x = random_input(2, 7, 12)
    layer.build(x.shape)
    for number, variable in enumerate(layer.weights):
        variable.assign(random_input(12, 12, seed=number) / 3)
    matrices = [
        ops.convert_to_tensor(dense.kernel) for dense in (layer.query, layer.key, layer.value, layer.projection)
    ]
    np.testing.assert_allclose(several_heads(x, *matrices, num_heads=num_heads)["output"], layer(x), atol=2e-6)


@pytest.mark.parametrize("num_heads", [1, 2, 3, 6])
def test_the_block_equals_the_packages_block(num_heads):
    layer, x = shaken_block(num_heads), random_input(2, 7, 12)
    found = block(x, **block_weights(layer))
    np.testing.assert_allclose(found["output"], layer(x), rtol=2e-6, atol=1e-5)
    np.testing.assert_allclose(found["output"], x + found["heard"] + found["made"], rtol=2e-6, atol=1e-5)


def test_the_blocks_in_a_row_are_the_packages_model():
    config = ModelConfig(vocab_size=7, block_size=6, embed_dim=8, num_heads=2, num_layers=3, **PLAIN)
    model = build_model(config)
    for number, variable in enumerate(model.weights):
        variable.assign(random_input(*variable.shape, seed=number) / 3)
    ids = np.random.default_rng(1).integers(0, 7, (2, 6))
    x, _ = model.embed(ids, np.arange(6)[None])
    for layer in model.blocks:
        x = block(x, **block_weights(layer))["output"]
    np.testing.assert_allclose(model.logits(x), model(ids), atol=1e-5)


@pytest.mark.parametrize("name", CAUSAL)
def test_no_position_sees_a_later_one(name):
    x, weights = random_input(2, 8, 12), random_weights(12, 3, 0)
    for changed in range(1, 8):
        other = x.copy()
        other[:, changed:] = x[:, changed:, ::-1]  # LayerNorm would remove a constant added to all channels
        before, after = (np.asarray(STEPS[name].tensors(given, weights)["output"]) for given in (x, other))
        np.testing.assert_array_equal(before[:, :changed], after[:, :changed])
        assert np.all(np.any(before[:, changed:] != after[:, changed:], axis=-1))


@pytest.mark.parametrize("name", CAUSAL[1:])
def test_weights_are_shares(name):
    weights = np.asarray(STEPS[name].tensors(random_input(2, 8, 12), random_weights(12, 3, 0))["weights"])
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    assert weights.min() == 0
    assert not np.any(weights[..., *np.triu_indices(8, 1)])


def one_headed_layer(width):
    """Return the package's attention with one head and random matrices, and those of queries, keys and values."""
    layer = Attention(1, bias=False, qkv_bias=False)
    layer.build((None, None, width))
    for number, variable in enumerate(layer.weights):
        variable.assign(random_input(width, width, seed=number) / 2)
    layer.projection.kernel.assign(np.eye(width))
    return layer, [ops.convert_to_tensor(dense.kernel) for dense in (layer.query, layer.key, layer.value)]


def test_looking_both_ways_equals_the_encoders_attention():
    """What stands in the padding changes nothing, and a later character changes the earlier ones."""
    (layer, matrices), x = one_headed_layer(6), random_input(3, 5, 6)
    is_there = np.arange(5) < np.array([5, 3, 1])[:, None]
    found = looking_both_ways(x, is_there, *matrices)
    np.testing.assert_allclose(found["output"], layer(x, visible=padding_mask(is_there)), atol=2e-6)
    weights = np.asarray(found["weights"])
    assert ((weights > 0) == is_there[:, None, :]).all()
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    other = np.where(is_there[..., None], x, 1e3)
    again = looking_both_ways(other, is_there, *matrices)["output"]
    np.testing.assert_array_equal(np.asarray(found["output"])[is_there], np.asarray(again)[is_there])


def test_looking_across_equals_the_decoders_cross_attention():
    """At the text itself it is looking both ways."""
    layer, matrices = one_headed_layer(6)
    x, source, is_there = (
        random_input(3, 7, 6),
        random_input(3, 5, 6, seed=9),
        np.arange(5) < np.array([5, 3, 1])[:, None],
    )
    found = looking_across(x, source, is_there, *matrices)
    expected = layer(x, visible=padding_mask(is_there), given=layer.keys_and_values(source))
    np.testing.assert_allclose(found["output"], expected, atol=2e-6)
    assert found["weights"].shape == (3, 7, 5)
    same = looking_across(source, source, is_there, *matrices)
    np.testing.assert_array_equal(same["output"], looking_both_ways(source, is_there, *matrices)["output"])


def test_the_feed_forward_works_on_each_position_alone():
    """If attention adds nothing, each position of the block's output depends only on that position of its input."""
    x = random_input(1, 6, 12)
    weights = {**random_weights(12, 3, 0), "projection": ops.zeros((12, 12))}
    other = x.copy()
    other[:, 2] = x[:, 2, ::-1]
    before, after = (np.asarray(block(given, **weights)["output"]) for given in (x, other))
    np.testing.assert_array_equal(np.any(before != after, axis=-1)[0], np.arange(6) == 2)


@pytest.mark.parametrize(
    ("attention", "feed_forward", "rest"),
    [
        ({"qk_norm": True}, {}, {}),
        ({"scale": 0.5}, {}, {}),
        ({"bias": True}, {}, {}),
        ({}, {"activation": "gelu"}, {}),
        ({}, {}, {"norm": "rmsnorm"}),
    ],
)
def test_the_tour_refuses_weights_of_different_blocks(attention, feed_forward, rest):
    layer = TransformerBlock(
        attention={"num_heads": 2, "bias": False, "qkv_bias": False, **attention},
        feed_forward={"hidden_dim": 16, "activation": "relu", "bias": False, **feed_forward},
        **{"bias": False, **rest},
    )
    layer.build((None, None, 4))
    with pytest.raises(ValueError, match="is not the tour's block"):
        block_weights(layer)


def test_random_weights_are_given_by_their_seed():
    first, again, other = (random_weights(8, 2, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first["query"], again["query"])
    assert np.any(np.asarray(first["query"]) != np.asarray(other["query"]))
    assert np.any(np.asarray(first["query"]) != np.asarray(first["key"]))
