"""The exact loss is the mean over characters, computed another way."""

import math

import numpy as np
import pytest

from tests.models.numpy_forward import forward
from tinygpt_keras.config import ModelConfig
from tinygpt_keras.evaluation.exact_loss import exact_loss, windows_at_once
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.pipeline import scoring_windows

CONFIG = ModelConfig(vocab_size=11, block_size=8, embed_dim=12, num_heads=3, num_layers=1, initialization="normal")


@pytest.mark.parametrize("count", [1, 8, 9, 50])
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_it_equals_a_loop_over_characters(count, batch_size):
    random = np.random.default_rng(count)
    ids = random.integers(0, 11, 10 + count).astype(np.int32)
    model = build_model(CONFIG)
    for variable in model.weights:
        variable.assign(random.normal(0, 0.5, variable.shape))
    weights = {variable.path.partition("/")[2]: np.asarray(variable) for variable in model.weights}
    losses = []
    for start in range(10, 10 + count, 8):
        window = ids[start - 1 : min(start + 7, 9 + count)]
        logits = forward(weights, CONFIG, window)
        chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        losses += [-math.log(chances[t, ids[start + t]]) for t in range(len(window))]
    score = exact_loss(model, scoring_windows(ids, 10, 10 + count, 8, batch_size))
    assert score.characters == count == len(losses)
    assert score.loss == pytest.approx(np.mean(losses), abs=1e-5)
    assert score.bits_per_character == pytest.approx(score.loss / math.log(2))
    assert score.perplexity == pytest.approx(math.exp(score.loss))


def test_of_a_single_window_no_error_is_known():
    score = exact_loss(build_model(CONFIG), scoring_windows(np.arange(9, dtype=np.int32), 1, 9, 8, 4))
    assert score.standard_error is None


def test_the_standard_error_is_the_spread_of_the_mean():
    """Over many texts drawn alike, the loss varies as much as the standard error says."""
    model = build_model(CONFIG)
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(random.normal(0, 0.5, variable.shape))
    scores = []
    for _ in range(150):
        ids = random.integers(0, 11, 161).astype(np.int32)
        scores.append(exact_loss(model, scoring_windows(ids, 1, 161, 8, 64)))
    spread = np.std([score.loss for score in scores], ddof=1)
    assert np.mean([score.standard_error for score in scores]) == pytest.approx(spread, rel=0.25)


@pytest.mark.parametrize(
    ("block_size", "vocab_size", "windows"),
    [(256, 65, 32), (8, 65, 1024), (8, 8192, 64), (256, 2**20, 1), (10**5, 65, 1)],
)
def test_evaluation_batches_bound_their_characters_and_logits(block_size, vocab_size, windows):
    """A batch has as many characters at every block size, and fewer with a large vocabulary."""
    assert windows_at_once(block_size, vocab_size) == windows
