"""The rungs equal losses counted independently, and fall."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.text import ngrams
from tinygpt_keras.text.corpus import read_corpus
from tinygpt_keras.text.ngrams import RUNGS, is_below, ladder, ngram_loss, rungs
from tinygpt_keras.text.tokenizer import CharTokenizer


def test_the_rungs_of_tiny_shakespeare():
    corpus = read_corpus()
    tokenizer = CharTokenizer.from_text(corpus.text)
    found = rungs(tokenizer.encode(corpus.text), corpus.train_characters, tokenizer.vocab_size)
    published = {"uniform": 4.174, "unigram": 3.347, "bigram": 2.485, "3-gram": 2.050, "4-gram": 1.777}
    assert found == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(("table", "block"), [(ngrams.TABLE, ngrams.BLOCK), (0, 7)], ids=["table", "search"])
@given(values=st.lists(st.integers(0, 3), min_size=2, max_size=60), order=st.integers(1, 4), part=st.floats(0, 0.9))
def test_losses_equal_a_count_with_dictionaries(table, block, values, order, part):
    """Where fewer characters train than a gram has, none is counted, and all characters are alike."""
    split = max(int(part * len(values)), 1)
    padded = [0] * (order - 1) + values
    grams = [tuple(padded[i : i + order]) for i in range(len(values))]
    counted = Counter(grams[order - 1 : split])
    contexts = Counter(gram[:-1] for gram in grams[order - 1 : split])
    losses = [-math.log((counted[g] + 0.05) / (contexts[g[:-1]] + 0.05 * 4)) for g in grams[split:]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngrams, "TABLE", table)
        patch.setattr(ngrams, "BLOCK", block)
        found = ngram_loss(np.array(values, np.uint8), split, 4, order)
    assert found == pytest.approx(sum(losses) / len(losses))


def test_the_ladder_keeps_only_descending_rungs():
    chinese = {"uniform": 8.694, "unigram": 6.2, "bigram": 4.63, "3-gram": 5.29, "4-gram": 5.72}
    assert ladder(chinese) == {"uniform": 8.694, "unigram": 6.2, "bigram": 4.63}
    assert ladder({"bigram": 2.5, "3-gram": 2.4995, "4-gram": 2.4}) == {"bigram": 2.5, "4-gram": 2.4}
    assert ladder({}) == {}


def test_a_difference_in_the_rounding_is_none():
    assert not is_below(math.log(65) - 1e-5, math.log(65))
    assert not is_below(3.0, 3.0005)
    assert is_below(2.998, 3.0)


@given(st.dictionaries(st.sampled_from(RUNGS), st.floats(0, 20)))
def test_the_ladder_falls_from_rung_to_rung(found):
    kept = ladder(found)
    losses = list(kept.values())
    assert all(is_below(lower, upper) for upper, lower in itertools.pairwise(losses))
    # A rung is kept if and only if it is clearly below all rungs kept before it.
    for number, (name, loss) in enumerate(found.items()):
        before = [kept[other] for other in list(found)[:number] if other in kept]
        assert (name in kept) == all(is_below(loss, other) for other in before)
