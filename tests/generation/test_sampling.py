"""One character is drawn as the settings say, by an account in plain Python."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt_keras.generation.sampling import KNOB_TYPES, Knobs, choose, distribution, uniform


def knobs(rows=1, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, seed=0):
    floats = [np.full(rows, value, np.float32) for value in (temperature, top_p, min_p)]
    return Knobs(floats[0], np.full(rows, top_k, np.int32), floats[1], floats[2], np.full(rows, seed, np.int32))


def by_hand(logits, temperature, top_k, top_p, min_p):
    """The chances by id, likeliest first, one step of the definition after another."""
    ranked = sorted(range(len(logits)), key=lambda i: (-logits[i], i))
    if not temperature >= 2.0**-126:
        return {ranked[0]: 1.0}
    kept = ranked[:top_k] if top_k > 0 else ranked
    chances = {i: math.exp((logits[i] - max(logits)) / temperature) for i in kept}
    total = sum(chances.values())
    kept, mass = {}, 0.0
    for i, chance in chances.items():
        if kept and not (mass < top_p - 1e-9 or top_p >= 1):
            break
        kept[i], mass = chance / total, mass + chance / total
    highest = max(kept.values())
    kept = {i: chance for i, chance in kept.items() if i == ranked[0] or chance >= min_p * highest * (1 - 1e-6)}
    return {i: chance / sum(kept.values()) for i, chance in kept.items()}


def drawn_by_hand(chances, number):
    """The first character whose chance and those of the likelier ones together pass a number."""
    sums = np.cumsum(list(chances.values()))
    return list(chances)[min(int((sums <= number).sum()), len(chances) - 1)]


@settings(max_examples=150)
@given(
    st.lists(st.integers(-4, 4), min_size=2, max_size=8),
    st.sampled_from([0, 0.25, 1, 3]),
    st.integers(0, 9),
    st.sampled_from([0, 0.113, 0.517, 0.931, 1]),
    st.sampled_from([0, 0.0517, 0.413, 1]),
)
def test_chances_equal_the_definition(logits, temperature, top_k, top_p, min_p):
    found = np.asarray(distribution(np.array([logits], np.float32), knobs(1, temperature, top_k, top_p, min_p)))[0]
    expected = by_hand(logits, temperature, top_k, top_p, min_p)
    np.testing.assert_allclose(found, [expected.get(i, 0) for i in range(len(logits))], atol=1e-5)


WAYS = {
    "eager": choose,
    "graph": tf.function(choose, autograph=False),
    "XLA": tf.function(choose, autograph=False, jit_compile=True),
}
NAN, ENDLESS, DENORMAL, SMALLEST = math.nan, math.inf, 1e-40, 2.0**-126
ODD = [
    [NAN, ENDLESS, -ENDLESS, 0.0, -1.0, DENORMAL, SMALLEST, 3e38, 0.7],
    [-(2**31), -1, 0, 1, 3, 2**31 - 1],
    [NAN, ENDLESS, -ENDLESS, 0.0, -1.0, DENORMAL, SMALLEST, 3e38, 0.517],
    [NAN, ENDLESS, -ENDLESS, 0.0, -1.0, DENORMAL, SMALLEST, 3e38, 0.113],
    [-(2**31), -1, 0, 2**31 - 1],
]


@pytest.mark.parametrize("way", WAYS)
def test_every_number_has_the_same_meaning_everywhere(way):
    """Grappler and XLA may rewrite what is not asked of numbers alone, and some kernels take a denormal for 0."""
    rows = list(itertools.product(*ODD))
    logits = np.array([0.3, 2.1, -1.7, 2.1, 0.9, -3.2, 1.4, 0.3], np.float32)
    settings = Knobs(*(np.array(column, d) for column, d in zip(zip(*rows, strict=True), KNOB_TYPES, strict=True)))
    drawn = np.arange(len(rows), dtype=np.int32)
    found = np.asarray(WAYS[way](tf.tile(logits[None], [len(rows), 1]), settings, drawn)).tolist()
    numbers = np.asarray(uniform(settings.seed, drawn), np.float64)
    known = {odd: by_hand(logits.astype(float), *odd) for odd in itertools.product(*ODD[:4])}
    expected = [drawn_by_hand(known[row[:4]], number) for row, number in zip(rows, numbers, strict=True)]
    assert [pair for pair in zip(rows, found, expected, strict=True) if pair[1] != pair[2]] == []


def test_top_k_keeps_exactly_k_of_equals():
    for k in range(1, 8):
        chances = np.asarray(distribution(np.zeros((1, 7), np.float32), knobs(top_k=k)))[0]
        np.testing.assert_allclose(chances, [1 / k] * k + [0] * (7 - k), rtol=1e-6)


def test_greedy_takes_the_first_of_the_likeliest():
    logits = np.array([[0, 3, 1, 3]], np.float32).repeat(50, 0)
    drawn = np.asarray(choose(logits, knobs(50, temperature=0), np.arange(50, dtype=np.int32)))
    assert set(drawn.tolist()) == {1}


def test_draws_follow_the_chances():
    count = 40_000
    chances = np.array([0.5, 0.25, 0.2, 0.05])
    logits = np.log(chances).astype(np.float32)[None].repeat(count, 0)
    drawn = np.asarray(choose(logits, knobs(count, seed=9), np.arange(count, dtype=np.int32)))
    counted = np.bincount(drawn, minlength=4)
    chi_squared = ((counted - count * chances) ** 2 / (count * chances)).sum()
    assert chi_squared < 16.3  # the 99.9th percentile with three degrees of freedom


def test_random_numbers_are_even_and_unrelated():
    numbers = np.stack([np.asarray(uniform(np.full(50_000, seed), np.arange(50_000))) for seed in range(4)])
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counted = np.stack([np.histogram(row, 100, (0, 1))[0] for row in numbers])
    assert ((counted - 500) ** 2 / 500).sum(1).max() < 149  # 99.9th percentile, 99 degrees of freedom
    related = np.corrcoef([*numbers, [*numbers[0, 1:].tolist(), 0]])
    assert np.abs(related - np.eye(5)).max() < 0.02


def test_the_highest_random_number_draws_no_filtered_token():
    seed, drawn = 0, 1_872_752
    assert float(uniform(np.array([seed]), np.array([drawn]))[0]) == 1 - 2**-24
    logits = np.random.default_rng(1).normal(size=(1000, 65)).astype(np.float32)
    settings = knobs(1000, top_k=20, seed=seed)
    ids = np.asarray(choose(logits, settings, np.full(1000, drawn, np.int32)))
    assert (np.take_along_axis(np.asarray(distribution(logits, settings)), ids[:, None], axis=1) > 0).all()


def test_rare_characters_are_drawn_as_exactly_as_likely_ones():
    """All but the likeliest reach a ten thousandth together: a sum from the likeliest down rounds each by a tenth."""
    numbers = np.asarray(uniform(np.zeros(2_000_000, np.int32), np.arange(2_000_000)))
    drawn = np.flatnonzero(numbers > 1 - 1e-4).astype(np.int32)
    rare = np.random.default_rng(0).uniform(0.5, 1.5, 64)
    logits = np.log(np.sort([*rare / rare.sum() * 1e-4, 1 - 1e-4])[::-1]).astype(np.float32)
    chances = np.exp(logits.astype(np.float64))
    from_the_rarest = np.cumsum(chances[::-1])[::-1] / chances.sum()
    expected = (from_the_rarest[None] > 1 - numbers[drawn][:, None].astype(np.float64)).sum(1) - 1
    found = np.asarray(choose(logits[None].repeat(len(drawn), 0), knobs(len(drawn)), drawn))
    assert len(drawn) > 150
    assert (found == expected).mean() > 0.99


def test_an_extreme_logit_is_no_trouble():
    logits = np.array([[1e30, -1e30, 0]], np.float32)
    assert np.asarray(choose(logits, knobs(temperature=0.01), np.zeros(1, np.int32))).tolist() == [0]


def test_knobs_act_row_by_row():
    logits = np.array([[0, 1, 2], [0, 1, 2]], np.float32)
    both = Knobs(*(np.concatenate(pair) for pair in zip(knobs(temperature=0), knobs(top_k=2), strict=True)))
    chances = np.asarray(distribution(logits, both))
    np.testing.assert_allclose(chances[0], [0, 0, 1])
    assert chances[1] == pytest.approx([0, 1 / (1 + math.e), math.e / (1 + math.e)], abs=1e-6)
