"""What every preset keeps: the past knows nothing of the future, remembering changes no logit, a run can go on."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tinygpt_keras.config import PRESETS, RunConfig
from tinygpt_keras.generation.context import read
from tinygpt_keras.models.build import build_model
from tinygpt_keras.runs.checkpoints import read_checkpoint
from tinygpt_keras.runs.progress import Progress
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pairs import Pair, Pairs
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training.checkpoint import save_checkpoint, variables
from tinygpt_keras.training.compilation import compile_model
from tinygpt_keras.training.examples import PairExamples, TextExamples
from tinygpt_keras.training.resume import restore

pytestmark = pytest.mark.slow

TEXT = np.random.default_rng(2).integers(0, 65, 2000).astype(np.int32)
CONTINUING = [name for name in PRESETS if not PRESETS[name].model.replies]
TOKENIZER = CharTokenizer([chr(65 + number) for number in range(65)])
PAIRS = Pairs([Pair(TOKENIZER.decode(TEXT[n : n + 5]), TOKENIZER.decode(TEXT[n + 5 : n + 9])) for n in range(50)], 45)


def small(preset):
    """A preset's kind of model, with fewer and narrower blocks."""
    model = PRESETS[preset].model
    return dataclasses.replace(model, block_size=16, embed_dim=8 * model.num_heads, num_layers=2)


def shaken(config) -> Any:
    keras.utils.set_random_seed(6)
    model = build_model(config)
    random = np.random.default_rng(4)
    for variable in model.trainable_variables:
        variable.assign_add(random.normal(0, 0.05, variable.shape))
    return model


@pytest.mark.parametrize("preset", CONTINUING)
def test_no_future_character_changes_a_past_logit(preset):
    config = PRESETS[preset].model
    model, half = shaken(config), config.block_size // 2
    ids = TEXT[None, : config.block_size]
    changed = np.concatenate([ids[:, :half], (ids[:, half:] + 7) % 65], axis=1)
    before, after = np.asarray(model(ids)), np.asarray(model(changed))
    np.testing.assert_array_equal(before[:, :half], after[:, :half])
    assert np.all(np.any(before[:, half:] != after[:, half:], axis=-1))


@pytest.mark.parametrize("preset", [name for name in CONTINUING if PRESETS[name].model.architecture == "gpt"])
def test_cached_logits_equal_uncached_ones(preset):
    config = PRESETS[preset].model
    model = shaken(config)
    ids = TEXT[None, : config.block_size]
    first_piece, cache = read(model, ids[:, :5])
    logits = [np.asarray(first_piece)]
    for first, last in ((5, 6), (6, config.block_size)):
        piece, cache = model.extend(ids[:, first:last], ops.arange(first, last)[None], cache)
        logits.append(np.asarray(piece))
    np.testing.assert_allclose(np.concatenate(logits, axis=1), np.asarray(model(ids)), atol=2e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_resumes_bit_for_bit(preset, tmp_path):
    recipe = PRESETS[preset]
    heads = recipe.model.num_heads
    config = dataclasses.replace(recipe.model, block_size=8, embed_dim=4 * heads, num_layers=2)
    training = dataclasses.replace(recipe.training, batch_size=2, steps_per_execution=1, jit_compile="off")

    pairs = encode_pairs(PAIRS, TOKENIZER, config.block_size)
    examples = PairExamples(pairs) if config.replies else TextExamples(TEXT)

    def trainer(first_step):
        keras.utils.clear_session()  # as in a new process, where layers are named from the beginning
        keras.utils.set_random_seed(1)
        model = build_model(config)
        compile_model(model, training)
        run = RunConfig(seed=1, model=config, training=training)
        return model, iter(examples.batches(run, first_step))

    def train(model, batches):
        for _ in range(3):
            model.train_on_batch(*next(batches))

    model, batches = trainer(0)
    train(model, batches)
    folder = save_checkpoint(tmp_path, model, Progress(step=3), {}, keep=1)
    train(model, batches)
    again, batches = trainer(3)
    restore(again, read_checkpoint(folder).arrays)
    train(again, batches)
    for (name, ours), theirs in zip(variables(model).items(), variables(again).values(), strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs), err_msg=name)
    name, first = next(iter(variables(again).items()))
    assert not np.array_equal(np.asarray(first), read_checkpoint(folder).arrays[name])  # something was learned
