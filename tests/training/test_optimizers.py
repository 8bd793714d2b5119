"""What trains which weights, and how."""

import dataclasses

import keras
import numpy as np
import pytest

from tinygpt_keras.config import ModelConfig, TrainingConfig
from tinygpt_keras.models.build import build_model
from tinygpt_keras.training.compilation import compile_model
from tinygpt_keras.training.optimizers import make_optimizer

pytestmark = pytest.mark.slow

TINY = ModelConfig(vocab_size=7, block_size=4, embed_dim=8, num_heads=2, num_layers=1, norm="layernorm", bias=True)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_every_setting_reaches_the_optimizer(kind):
    recipe = TrainingConfig(
        optimizer=kind,
        beta1=0.81,
        beta2=0.92,
        momentum=0.83,
        adam_ratio=0.54,
        clip_norm=0.75,
        weight_decay=0.16,
        steps=9,
        eval_every=3,
        gradient_accumulation_steps=3,
    )
    expected = {
        "global_clipnorm": 0.75,
        "weight_decay": 0.16,
        "gradient_accumulation_steps": 3,
        "epsilon": 1e-8,
    }
    expected |= (
        {"beta_1": 0.81, "beta_2": 0.92}
        if kind == "adamw"
        else {"adam_beta_1": 0.81, "adam_beta_2": 0.92, "momentum": 0.83, "adam_lr_ratio": 0.54}
    )
    found = make_optimizer(recipe, build_model(TINY)).get_config()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_decay_leaves_norms_biases_and_embeddings_alone(kind):
    model = build_model(dataclasses.replace(TINY, initialization="normal", positions="learned", qkv_bias=True))
    for variable in model.weights:
        variable.assign(np.ones(variable.shape))
    config = TrainingConfig(optimizer=kind, learning_rate=0.1, weight_decay=0.5, schedule="constant", steps=10)
    optimizer = make_optimizer(config, model)
    optimizer.apply([keras.ops.zeros(v.shape) for v in model.trainable_variables])
    for variable in model.weights:
        expected = 1 - 0.1 * 0.5 if variable.path.endswith("kernel") else 1.0
        np.testing.assert_allclose(np.asarray(variable), expected, rtol=1e-6, err_msg=variable.path)


def test_muon_trains_the_matrices_and_adam_the_rest():
    model = build_model(TINY)
    optimizer = make_optimizer(TrainingConfig(optimizer="muon"), model)
    by_muon = {
        v.path
        for v, velocity in zip(model.trainable_variables, optimizer.adam_velocities, strict=True)
        if velocity is None
    }
    matrices = {v.path for v in model.trainable_variables if "block_0" in v.path and v.path.endswith("kernel")}
    assert by_muon == matrices
    assert len(matrices) == 6


def test_accumulated_batches_make_the_update_of_one_large_batch():
    random = np.random.default_rng(0)
    ids = random.integers(0, 7, (8, 5)).astype(np.int32)
    ends = []
    for parts in (1, 4):
        keras.utils.set_random_seed(1)
        model = build_model(dataclasses.replace(TINY, initialization="normal"))
        config = TrainingConfig(
            optimizer="adamw", steps=4, eval_every=4, gradient_accumulation_steps=parts, schedule="constant"
        )
        compile_model(model, config)
        for part in np.split(ids, parts):
            model.train_on_batch(part[:, :-1], part[:, 1:])
        ends.append(model.get_weights())
    for one, four in zip(*ends, strict=True):
        np.testing.assert_allclose(one, four, atol=1e-5)
