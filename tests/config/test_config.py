"""Configuration fields are declared once, validated, and survive a round trip through `config.json`."""

import argparse
import dataclasses
import json
import math
import re
import typing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.config import (
    PRESETS,
    ModelConfig,
    RunConfig,
    SamplingOptions,
    TrainingConfig,
    add_flags,
    config_from_flags,
    parse_run_config,
)
from tinygpt_keras.config.fields import FieldError, value_type
from tinygpt_keras.errors import InputError

SOURCE = Path("config.json")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_survive_their_file(preset):
    config = config_from_flags(preset, {}, seed=7)
    assert parse_run_config(config.to_json(), SOURCE) == config


@pytest.mark.parametrize("config", [ModelConfig, TrainingConfig, SamplingOptions])
def test_every_field_has_a_flag_that_sets_it(config):
    parser = argparse.ArgumentParser()
    add_flags(parser, config, "all", show_defaults=True)
    for field in dataclasses.fields(config):
        if field.name in {"vocab_size", "ema"}:  # counted from the text; of earlier versions
            continue
        flag = "--" + field.name.replace("_", "-")
        values = {bool: [], int: ["3"], float: ["0.5"], str: [(*field.metadata["choices"], "x")[0]]}
        kind = value_type(typing.get_type_hints(config)[field.name])
        found = vars(parser.parse_args([flag, *values[kind]]))
        assert list(found) == [field.name]
        assert isinstance(found[field.name], kind)


def test_flags_lay_over_the_preset():
    config = config_from_flags("nano-cpu", {"embed_dim": 64, "learning_rate": 0.5}, seed=1)
    assert config.model == dataclasses.replace(PRESETS["nano-cpu"].model, embed_dim=64)
    assert config.training == dataclasses.replace(PRESETS["nano-cpu"].training, learning_rate=0.5)


def test_a_short_run_is_evaluated_on_its_way():
    training = config_from_flags("nano-cpu", {"steps": 40}, seed=1).training
    assert (training.eval_every, training.warmup_steps) == (10, 4)
    assert config_from_flags("nano-cpu", {"steps": 40, "eval_every": 40}, seed=1).training.eval_every == 40
    accumulating = {"steps": 40, "gradient_accumulation_steps": 4}
    assert config_from_flags("nano-cpu", accumulating, seed=1).training.eval_every == 8


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"embed_dim": 30, "num_heads": 4}, "--num-heads 4 does not divide --embed-dim 30.*such as 32"),
        ({"embed_dim": 12, "num_heads": 4}, "even head size"),
        ({"tied_head": True, "head_bias": True}, "Drop one of"),
        ({"block_size": 1}, "--block-size is 1. Give it a whole number from 2"),
        ({"block_size": 8.0}, "--block-size is 8.0. Give it a whole number"),
        ({"attention_dropout": 1.5}, "--attention-dropout is 1.5"),
        ({"attention_dropout": float("nan")}, "--attention-dropout is nan"),
        ({"num_layers": True}, "--num-layers is True"),
        ({"block_size": 11_000, "num_heads": 2}, "--block-size 11000 takes 242,000,000 scores"),
        ({"block_size": 11_000, "vocab_size": 200_000}, "--block-size 11000 takes 2,200,000,000 logits with 200,000"),
        ({"norm": "batchnorm"}, "Choose one of layernorm, rmsnorm"),
    ],
)
def test_models_that_cannot_be_are_refused(fields, words):
    with pytest.raises(InputError, match=words):
        ModelConfig(**fields)


def test_a_long_context_or_a_large_vocabulary_can_be():
    ModelConfig(block_size=11_000, num_heads=1)
    ModelConfig(block_size=16_384, architecture="bigram")
    ModelConfig(block_size=256, vocab_size=100_000)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"gradient_accumulation_steps": 7},
            "--steps 1800 is not a multiple of --gradient-accumulation-steps 7",
        ),
        ({"warmup_steps": 1800}, "not below --steps"),
        ({"learning_rate": 0.001, "final_learning_rate": 0.01}, "is above --learning-rate"),
        ({"minutes": 0.0}, "--minutes is 0.0"),
        ({"steps": 0}, "--steps is 0. Give it a whole number from 1"),
    ],
)
def test_recipes_that_contradict_themselves_are_refused(fields, words):
    with pytest.raises(InputError, match=words):
        TrainingConfig(**fields)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(SamplingOptions)])
def test_no_setting_of_sampling_is_a_senseless_number(field):
    whole = field in ("max_new", "top_k", "seed")
    senseless = [math.nan, math.inf, -math.inf, -1, 2**31, "1", *([1.5] if whole else [-5e-324, 3e38])]
    for value in senseless:
        with pytest.raises(InputError, match=re.escape(f"--{field.replace('_', '-')} is {value!r}. Give it a")):
            SamplingOptions(**{field: value})


@given(st.integers(1, 50), st.integers(1, 200), st.integers(1, 200), st.integers(0, 200))
def test_executed_steps_divide_what_they_must(wanted, steps, every, done):
    executed = TrainingConfig(steps=steps, eval_every=every, steps_per_execution=wanted).executed_steps(done)
    assert steps % executed == every % executed == done % executed == 0
    assert executed <= wanted


def broken(**changes):
    values = json.loads(RunConfig().to_json())
    values.update(changes)
    return json.dumps(values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[]", "not a run's configuration"),
        ("[" * 100_000, "is not JSON"),
        (broken(task="dates"), "a model of architecture gpt has not learned dates. Restore"),
        (broken(format=4), "written by a newer version .format 4.*Upgrade"),
        (broken(model=None), "ModelConfig is not an object"),
        (broken(seed="x"), "--seed is 'x'"),
        (broken(model={**dataclasses.asdict(ModelConfig()), "embed_dim": -1}), "--embed-dim is -1"),
        (
            broken(model={**dataclasses.asdict(ModelConfig()), "lambda": 1}),
            "does not know: 'lambda'",
        ),
        (broken(**{"[/]": 1}), r"the file has fields that this version does not know: '\[/\]'"),
    ],
)
def test_a_configuration_that_is_wrong_says_where(text, words):
    with pytest.raises(InputError, match=f"config.json.*{words}"):
        parse_run_config(text, SOURCE)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_bad_config_values_raise_only_input_errors(value):
    for field in ("format", "preset", "seed", "model", "training", "corpus", "versions"):
        try:
            parse_run_config(broken(**{field: value}), SOURCE)
        except InputError:
            continue


def test_a_constant_schedule_ignores_the_final_learning_rate():
    recipe = TrainingConfig(schedule="constant", learning_rate=0.001, final_learning_rate=0.01)
    assert recipe.final_learning_rate > recipe.learning_rate


def test_runs_before_the_field_scored_every_character():
    assert TrainingConfig.from_json({}).eval_characters == 0
    assert TrainingConfig().eval_characters == 200_000


@given(st.integers(1, 600), st.integers(1, 12), st.sampled_from(["rope", "learned"]))
def test_the_width_that_an_error_names_is_accepted(width, heads, positions):
    try:
        ModelConfig(vocab_size=65, embed_dim=width, num_heads=heads, positions=positions)
    except FieldError as error:
        if found := re.search(r"such as (\d+)", str(error)):
            ModelConfig(vocab_size=65, embed_dim=int(found[1]), num_heads=heads, positions=positions)
