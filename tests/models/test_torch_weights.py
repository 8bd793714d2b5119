"""Weights from PyTorch give PyTorch's logits.

The recordings hold random weights and the logits that the original code made of them with PyTorch 2.13: of
nanoGPT with and without biases, ng-video-lecture, and the reference tinyGPT.
"""

from pathlib import Path

import numpy as np
import pytest

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.torch_weights import copy_torch_weights

RECORDINGS = Path(__file__).parents[1] / "recordings"
SMALL = {"vocab_size": 11, "block_size": 8, "embed_dim": 12, "num_heads": 3, "num_layers": 2}
COMMON = {"positions": "learned", "norm": "layernorm", "qk_norm": False, "initialization": "gpt2"}
LECTURE = {"activation": "relu", "bias": True, "head_bias": True}
NANOGPT = {"activation": "gelu", "tied_head": True}
FAMILIES = {
    "nanogpt": NANOGPT,
    "nanogpt_bias": {**NANOGPT, "bias": True, "qkv_bias": True},
    "lecture": LECTURE,
    "tinygpt": {**LECTURE, "num_layers": 3, "attention_scale": "width"},
}


def recording(name):
    with np.load(RECORDINGS / f"{name}.npz", allow_pickle=False) as stored:
        weights = {key.removeprefix("weights/"): stored[key] for key in stored.files if key.startswith("weights/")}
        return weights, stored["ids"], stored["logits"]


def model_for(name):
    return build_model(ModelConfig(**{**SMALL, **COMMON, **FAMILIES[name]}))


@pytest.mark.parametrize("name", FAMILIES)
def test_copied_weights_give_the_recorded_logits(name):
    weights, ids, logits = recording(name)
    model = model_for(name)
    copy_torch_weights(model, weights)
    np.testing.assert_allclose(np.asarray(model(ids)), logits, atol=2e-5)


def test_the_prefix_of_compiled_models_is_ignored():
    weights, ids, logits = recording("nanogpt")
    model = model_for("nanogpt")
    copy_torch_weights(model, {f"_orig_mod.{name}": value for name, value in weights.items()})
    np.testing.assert_allclose(np.asarray(model(ids)), logits, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "other", "words"),
    [
        ("nanogpt", "lm_head.weight", "nanoGPT's head shares its token embedding"),
        ("nanogpt", "transformer.h.0.attn.extra.weight", "no place for 'transformer.h.0.attn.extra.weight'"),
        ("lecture", "blocks.0.sa.heads.0.query.bias", "no place for 'blocks.0.sa.heads.0.query.bias'"),
    ],
)
def test_no_weight_is_left_out_in_silence(name, other, words):
    weights, _, _ = recording(name)
    with pytest.raises(InputError, match=words):
        copy_torch_weights(model_for(name), {**weights, other: np.ones(3, np.float32)})


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("lecture", "nanogpt", "do not fit the model"),
        ("nanogpt_bias", "nanogpt", "do not fit the model at block_0/"),
        ("lecture", "tinygpt", "have no 'blocks.2"),
        ("tinygpt", "lecture", "has no place for 'blocks.2."),
    ],
)
def test_weights_that_do_not_fit_change_nothing(source, target, words):
    model = model_for(target)
    before = model.get_weights()
    with pytest.raises(InputError, match=words):
        copy_torch_weights(model, recording(source)[0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
