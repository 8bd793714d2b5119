"""The tour on a sentence: what is shown of it equals the same mathematics in NumPy alone."""

import numpy as np
import pytest

from tinygpt_keras.errors import InputError
from tinygpt_keras.tour import ORDER
from tinygpt_keras.tour.station import LONGEST
from tinygpt_keras.tour.walk import EMBED_DIM, NUM_HEADS, SCALED, SEED, held, walk
from tinygpt_keras.tour.weights import random_weights

# Keras warns of a softmax over a single score; a sentence of one character has just one.
one_score = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1:UserWarning")
SENTENCES = ["But soft", "a", "\ud800\x00\x1b\n é😀", "x" * LONGEST]


def softmax(scores):
    sizes = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return sizes / sizes.sum(axis=-1, keepdims=True)


def attend(x, matrices, divisor, sees_all=False, source=None):
    """One head in float64: its masked scores, its weights and its output."""
    query, key, value = matrices
    source = x if source is None else source
    scores = (x @ query) @ (source @ key).T / divisor
    scores = np.where(np.tri(len(x), dtype=bool) | sees_all, scores, -np.inf)
    return scores, softmax(scores), softmax(scores) @ (source @ value)


def normalised(x):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def weights_of_the_tour():
    weights = {name: np.asarray(value, "float64") for name, value in random_weights(EMBED_DIM, NUM_HEADS, SEED).items()}
    return weights, [weights[name] for name in ("query", "key", "value")]


def independent(sentence, divided):
    """Every step's before, after and further matrices, by nothing but NumPy."""
    x = held(sentence)[0].astype("float64")
    weights, three = weights_of_the_tour()
    length, half = len(sentence), EMBED_DIM // NUM_HEADS
    triangle = np.tri(length)
    mean = triangle / triangle.sum(axis=1, keepdims=True)
    root = np.sqrt(EMBED_DIM) if divided else 1
    scores, chosen, _ = attend(x, three, 1)
    small_scores, scaled, _ = attend(x, three, root)
    parts = [slice(0, half), slice(half, None)]
    narrow = np.sqrt(half) if divided else 1
    both_scores, both, read_both = attend(x, three, root, sees_all=True)
    across_scores, across, _ = attend(x[::-1], three, root, sees_all=True, source=read_both)
    heads = [attend(x, [matrix[:, part] for matrix in three], narrow)[1] for part in parts]
    read = [attend(normalised(x), [matrix[:, part] for matrix in three], narrow)[2] for part in parts]
    heard = np.concatenate(read, axis=-1) @ weights["projection"]
    made = np.maximum(normalised(x + heard) @ weights["expansion"], 0) @ weights["contraction"]
    return {
        "mean_by_loop": [x, mean @ x],
        "mean_by_matrix": [mean @ x, mean @ x, mean],
        "mean_by_softmax": [mean, mean, np.where(triangle, 0, -np.inf)],
        "one_head": [mean, chosen, x @ three[0], x @ three[1], scores, x @ three[2]],
        "scaled_head": [chosen, scaled, small_scores],
        "several_heads": [*heads, scaled],
        "block": [x, x + heard + made, heard, made],
        "looking_both_ways": [scaled, both, both_scores],
        "looking_across": [both, across, across_scores],
    }


@one_score
@pytest.mark.parametrize("sentence", SENTENCES)
def test_numbers_equal_an_independent_computation(sentence):
    for stations, divided in zip(walk(sentence), (True, False), strict=True):
        expected = independent(sentence, divided)
        for name, station in stations.items():
            tables = [station.before, station.after, *station.further]
            for table, matrix in zip(tables, expected[name], strict=True):
                rows = np.array([[-np.inf if value is None else value for value in row] for row in table.rows])
                np.testing.assert_allclose(rows, matrix, atol=6e-4, err_msg=f"{name}: {table.title}")
            difference = np.abs(expected[name][1] - expected[name][0]).max()
            assert station.difference == pytest.approx(difference, abs=2e-5)


def test_the_walk_has_every_step_in_order_and_scaling_where_it_applies():
    stations, unscaled = walk("But soft")
    assert tuple(stations) == ORDER
    assert tuple(unscaled) == SCALED
    assert 0 < stations["mean_by_matrix"].difference < 1e-6
    assert stations["scaled_head"].difference > 0.1
    assert unscaled["scaled_head"].difference < 1e-6
    assert unscaled["several_heads"].before != stations["several_heads"].before
    for name, station in stations.items():
        tables = [station.before, station.after, *station.further]
        assert [table.reply for table in tables] == [
            "",
            *["tfos tuB" if name == "looking_across" else ""] * len(tables[1:]),
        ]
        looks_ahead = [
            any(value for row, values in enumerate(table.rows) for value in values[row + 1 :]) for table in tables
        ]
        assert [table.kind != "channels" and ahead for table, ahead in zip(tables, looks_ahead, strict=True)] == [
            table.sees_all for table in tables
        ]


def test_a_character_always_holds_the_same_numbers():
    assert (held("to")[0, 0] == held("at")[0, 1]).all()
    assert (held("to")[0, 0] != held("to")[0, 1]).all()


@pytest.mark.parametrize("sentence", ["", "x" * (LONGEST + 1)])
def test_a_sentence_that_does_not_fit_is_refused(sentence):
    with pytest.raises(InputError, match=f"has {len(sentence)} characters. Give it between 1 and {LONGEST}"):
        walk(sentence)
