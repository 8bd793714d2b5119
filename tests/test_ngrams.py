"""The rungs are what counting gives."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras import ngrams
from tinygpt_keras.corpus import read_corpus
from tinygpt_keras.ngrams import ngram_loss, rungs
from tinygpt_keras.tokenizer import CharTokenizer


def test_the_rungs_of_tiny_shakespeare():
    corpus = read_corpus()
    tokenizer = CharTokenizer.from_text(corpus.text)
    found = rungs(tokenizer.encode(corpus.text), corpus.train_characters, tokenizer.vocab_size)
    published = {"uniform": 4.174, "unigram": 3.347, "bigram": 2.485, "3-gram": 2.050, "4-gram": 1.777}
    assert found == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(("table", "block"), [(ngrams.TABLE, ngrams.BLOCK), (0, 7)], ids=["table", "search"])
@given(values=st.lists(st.integers(0, 3), min_size=12, max_size=60), order=st.integers(1, 4), part=st.floats(0.3, 0.9))
def test_losses_equal_a_count_with_dictionaries(table, block, values, order, part):
    split = max(int(part * len(values)), order)
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
