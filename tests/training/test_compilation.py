"""A training step is compiled with XLA where that is faster."""

import dataclasses

import keras
import numpy as np
import pytest

from tinygpt_keras.config import PRESETS, ModelConfig, TrainingConfig
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.pipeline import training_batches
from tinygpt_keras.training import compilation
from tinygpt_keras.training.compilation import choose_jit, compile_model, step_operations

pytestmark = pytest.mark.slow

TINY = ModelConfig(vocab_size=7, block_size=4, embed_dim=8, num_heads=2, num_layers=1, norm="layernorm", bias=True)


def test_timing_compilation_leaves_the_model_unchanged():
    config = TrainingConfig(jit_compile="auto", batch_size=2, steps=1000)
    keras.utils.set_random_seed(1)
    model = build_model(dataclasses.replace(TINY, attention_dropout=0.5))
    compile_model(model, config)
    everything = [*model.variables, *model.optimizer.variables]
    before = [np.array(keras.ops.convert_to_numpy(variable)) for variable in everything]
    said = []
    jit = choose_jit(model, config, training_batches(np.arange(100, dtype=np.int32) % 7, 2, 4, 0), said.append)
    assert model.jit_compile is jit
    assert "ms with XLA" in said[0]
    for old, new in zip(before, everything, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))


@pytest.mark.parametrize("faster", [True, False])
def test_the_faster_way_is_taken(monkeypatch, faster):
    monkeypatch.setattr(compilation, "step_seconds", lambda model, *_: 1.0 if model.jit_compile is faster else 2.0)
    config = TrainingConfig(jit_compile="auto", steps=1000)
    model = build_model(TINY)
    compile_model(model, config)
    assert choose_jit(model, config, None, lambda _: None) is faster
    assert model.jit_compile is faster


def test_no_step_is_timed_where_it_is_large(monkeypatch):
    monkeypatch.setattr(compilation, "gpu_names", list)
    recipe = PRESETS["tiny"]
    config = dataclasses.replace(recipe.training, jit_compile="auto")
    keras.utils.set_random_seed(1)
    model = build_model(dataclasses.replace(recipe.model, vocab_size=65))
    said = []
    assert choose_jit(model, config, None, said.append) is False  # there are no batches to time with
    assert model.jit_compile is False
    assert "not timed" in said[0]


@pytest.mark.parametrize("flag", ["auto", "on", "off"])
def test_jax_compiles_unless_it_is_told_not_to(monkeypatch, flag):
    model, config = build_model(TINY), TrainingConfig(jit_compile=flag, steps=4)
    compile_model(model, config)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert choose_jit(model, config, None, pytest.fail) is (flag != "off")


def test_the_size_of_a_step_is_counted():
    for name, billions in (("nano-cpu", 3.7), ("tiny", 19.8)):
        model = dataclasses.replace(PRESETS[name].model, vocab_size=65)
        assert step_operations(model, PRESETS[name].training) / 1e9 == pytest.approx(billions, abs=0.05)
