"""The exact loss is the mean over characters, computed another way."""

import math

import numpy as np
import pytest

from tests.models.numpy_forward import forward
from tinygpt_keras.config import ModelConfig
from tinygpt_keras.evaluation import exact_loss as module
from tinygpt_keras.evaluation.exact_loss import character_losses, exact_loss, log_probabilities, windows_at_once
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
    ("block_size", "vocab_size", "heads", "windows"),
    [
        *((256, 65, 4, 32), (256, 65, 6, 32), (128, 65, 6, 64), (64, 65, 4, 128), (8, 65, 4, 1024)),  # the presets'
        *((8, 8192, 4, 64), (128, 2**20, 4, 1), (10_000, 65, 1, 1), (1024, 65, 128, 1), (512, 65, 16, 4)),
    ],
)
def test_evaluation_batches_bound_characters_logits_and_scores(block_size, vocab_size, heads, windows):
    """A batch has as many characters at every block size, and fewer with a large vocabulary or many heads."""
    model = ModelConfig(block_size=block_size, vocab_size=vocab_size, num_heads=heads, embed_dim=2 * heads)
    assert windows_at_once(model) == windows


def test_losses_are_the_same_some_rows_at_a_time(monkeypatch):
    random = np.random.default_rng(1)
    logits, targets = random.normal(0, 3, (3, 7, 11)).astype(np.float32), random.integers(0, 11, (3, 7))
    whole = character_losses(logits, targets)
    monkeypatch.setattr(module, "LOGITS_AT_ONCE", 4 * 11)
    np.testing.assert_array_equal(character_losses(logits, targets), whole)
    np.testing.assert_array_equal(whole, -np.take_along_axis(log_probabilities(logits), targets[..., None], -1)[..., 0])
