"""The first weights are as large as their scheme says."""

import numpy as np
import pytest

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.models.build import build_model


def deviation(scheme, path, inputs):
    if "embedding" in path:
        return 1.0 if scheme == "torch" else 0.02
    if scheme == "torch":
        return (3 * inputs) ** -0.5
    if path.endswith("bias") or (scheme == "zero" and ("projection" in path or "head/" in path)):
        return 0.0
    if scheme == "zero":
        return 0.5 * inputs**-0.5
    return 0.02 / (6**0.5 if scheme == "gpt2" and "projection" in path else 1)


@pytest.mark.parametrize("scheme", ["zero", "gpt2", "normal", "torch"])
def test_the_first_weights_are_spread_as_their_scheme_says(scheme):
    model = build_model(
        ModelConfig(
            vocab_size=64,
            block_size=64,
            embed_dim=128,
            num_layers=3,
            positions="learned",
            bias=True,
            qkv_bias=True,
            head_bias=True,
            initialization=scheme,
        )
    )
    inputs = {v.path.rpartition("/")[0]: v.shape[0] for v in model.weights if v.path.endswith("kernel")}
    looked_at = [v for v in model.weights if v.path.endswith(("kernel", "bias", "embeddings"))]
    assert len(looked_at) == 2 + 3 * 2 * 6 + 2
    for variable in looked_at:
        expected = deviation(scheme, variable.path, inputs.get(variable.path.rpartition("/")[0]))
        assert np.std(np.asarray(variable)) == pytest.approx(expected, rel=0.25), variable.path
