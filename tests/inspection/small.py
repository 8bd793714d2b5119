"""A small model of a preset's kind, with weights that make it choose."""

import dataclasses

import numpy as np

from tinygpt_keras.config import PRESETS
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.tokenizer import CharTokenizer

TOKENIZER = CharTokenizer(list("\n abcdefgh"))


def small_model(preset, **changes):
    """Build it: ten characters, a context of eight, two heads, three blocks."""
    sizes = {"vocab_size": 10, "block_size": 8}
    if preset != "bigram":
        sizes |= {"embed_dim": 16, "num_heads": 2, "num_layers": 3}
    model = build_model(dataclasses.replace(PRESETS[preset].model, **{**sizes, **changes}))
    random = np.random.default_rng(1)
    for variable in model.weights:
        variable.assign(random.normal(0, 0.5, variable.shape))
    return model


def some_ids(*shape, seed=2):
    """Draw random texts."""
    return np.random.default_rng(seed).integers(0, 10, shape).astype(np.int32)


def weights_of(model):
    """Return the weights by path, without the model's name."""
    return {variable.path.partition("/")[2]: np.asarray(variable) for variable in model.weights}
