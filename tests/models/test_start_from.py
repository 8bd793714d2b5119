"""Another model's weights are taken over row by row, by the characters that they belong to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.start_from import Overlap, merged, start_from

SMALL = {"embed_dim": 8, "num_heads": 2, "num_layers": 1, "block_size": 8}
vocabularies = st.sets(st.sampled_from("abcdefgh"), min_size=1).map(sorted)


def model(characters, **fields):
    return build_model(ModelConfig(vocab_size=len(characters), **{**SMALL, **fields}))


def begin(new, characters, trained, trained_characters):
    """Start a model from another one, and return how their vocabularies overlap."""
    overlap, weights = start_from(new, characters, trained, trained_characters)
    for variable in new.trainable_variables:
        variable.assign(weights.pop(variable.path))
    assert not weights
    return overlap


def logits(model, characters, text):
    return np.asarray(model(np.array([[characters.index(c) for c in text]])))[0]


@pytest.mark.parametrize(
    "fields", [{"initialization": "torch", "head_bias": True}, {"tied_head": True, "initialization": "gpt2"}]
)
def test_known_characters_keep_their_logits(fields):
    trained, new = model("abcd", **fields), model("bcdef", **fields)
    assert begin(new, "bcdef", trained, "abcd") == Overlap(shared=3, new=2, dropped=1)
    ours, theirs = logits(new, "bcdef", "bddcb"), logits(trained, "abcd", "bddcb")
    np.testing.assert_allclose(ours[:, :3], theirs[:, 1:], rtol=1e-5, atol=1e-5)


def test_a_bigram_keeps_pairs_of_known_characters():
    trained, new = model("abc", architecture="bigram"), model("bcz", architecture="bigram")
    trained.set_weights([np.arange(9.0).reshape(3, 3)])
    begin(new, "bcz", trained, "abc")
    np.testing.assert_array_equal(new.get_weights()[0], [[4, 5, 0], [7, 8, 0], [0, 0, 0]])


@given(vocabularies, vocabularies)
def test_every_row_is_its_characters(ours, theirs):
    """Rows are compared with a plain loop over characters, for a matrix and for a table of pairs."""
    rows = np.array([(i, theirs.index(c)) for i, c in enumerate(ours) if c in theirs], int).reshape(-1, 2)
    fresh, trained = -np.ones((len(ours), 3)), np.arange(3.0 * len(theirs)).reshape(-1, 3)
    found = merged("gpt/token_embedding/embeddings", fresh, trained, rows)
    for row, character in enumerate(ours):
        np.testing.assert_array_equal(found[row], trained[theirs.index(character)] if character in theirs else -1)
    fresh, trained = -np.ones((len(ours),) * 2), np.arange(1.0 * len(theirs) ** 2).reshape((len(theirs),) * 2)
    found = merged("bigram/table/embeddings", fresh, trained, rows)
    for (i, first), (j, second) in ((a, b) for a in enumerate(ours) for b in enumerate(ours)):
        known = first in theirs and second in theirs
        assert found[i, j] == (trained[theirs.index(first), theirs.index(second)] if known else -1)


@pytest.mark.parametrize("fields", [{"embed_dim": 16}, {"num_layers": 2}, {"positions": "learned"}])
def test_another_architecture_is_refused(fields):
    trained, new = model("abcd"), model("abcd", **fields)
    with pytest.raises(InputError, match="Drop the flags that change the model"):
        start_from(new, "abcd", trained, "abcd")
