"""The stacks compute what PyTorch's own encoder and decoder compute with the same weights.

The recordings are of benchmarks/peers/torch_transformer.py: random weights, some of them twice as large, sources of
different lengths, with a norm before the parts and a final one, or after them and none at the end.
"""

from pathlib import Path

import numpy as np
import pytest

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.layers import causal_mask, padding_mask
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.torch_transformer import copy_torch_stacks

RECORDINGS = Path(__file__).parents[1] / "recordings"
NAMES = ["torch_pre", "torch_post", "torch_pre_large", "torch_post_large"]
SIZE = {"vocab_size": 5, "block_size": 8, "embed_dim": 12, "num_heads": 3, "num_layers": 2}
LIKE_TORCH = {
    **{"architecture": "transformer", "positions": "sinusoidal", "norm": "layernorm", "activation": "relu"},
    **{"bias": True, "qkv_bias": True, "qk_norm": False},
}


def recording(name):
    with np.load(RECORDINGS / f"{name}.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    stacks = [
        {key.removeprefix(f"{stack}/"): value for key, value in arrays.items() if key.startswith(f"{stack}/")}
        for stack in ("encoder", "decoder")
    ]
    return arrays, stacks


def model_for(name, **options):
    position = "pre" if "pre" in name else "post"
    return build_model(ModelConfig(**{**SIZE, **LIKE_TORCH, "norm_position": position, **options}))


@pytest.mark.parametrize("name", NAMES)
def test_copied_weights_give_the_recorded_outputs(name):
    arrays, stacks = recording(name)
    model = model_for(name)
    copy_torch_stacks(model, *stacks)
    visible = padding_mask(~arrays["padding"])
    seen = np.asarray(model.encode_stream(arrays["source"], visible))
    there = ~arrays["padding"]
    np.testing.assert_allclose(seen[there], arrays["seen"][there], atol=1e-5)
    positions = np.arange(arrays["reply"].shape[1])[None]
    given = model.keys_and_values(seen)
    stream = model.decode_stream(arrays["reply"], causal_mask(positions, positions.size), None, given, visible)
    np.testing.assert_allclose(np.asarray(model.normalize(stream)), arrays["out"], atol=1e-5)
    assert np.abs(arrays["out"]).max() > 0.5


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("torch_pre", {"norm_position": "post"}, "do not fit the model at encoder_norm/"),
        ("torch_post", {"norm_position": "pre"}, "do not fit the model at encoder_norm/"),
        ("torch_pre", {"num_layers": 3}, "have no 'layers.2"),
        ("torch_pre", {"num_layers": 1}, "no place for 'layers.1"),
        ("torch_pre", {"bias": False}, "do not fit the model at "),
        ("torch_pre", {"embed_dim": 24}, "do not fit the model at "),
    ],
)
def test_weights_that_do_not_fit_change_nothing(name, options, words):
    _, stacks = recording(name)
    model = model_for(name, **options)
    before = model.get_weights()
    with pytest.raises(InputError, match=words):
        copy_torch_stacks(model, *stacks)
    for ours, theirs in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
