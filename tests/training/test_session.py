"""What a finished run leaves behind, and what its parts promise."""

import dataclasses
import json
import math

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SMALL, command
from tinygpt_keras.config import PRESETS, ModelConfig, TrainingConfig
from tinygpt_keras.events import read_events
from tinygpt_keras.models import build_model
from tinygpt_keras.opening import open_run
from tinygpt_keras.training import compilation
from tinygpt_keras.training.compilation import choose_jit, compile_model, step_operations
from tinygpt_keras.training.optimizers import make_optimizer
from tinygpt_keras.training.schedules import WarmupThenFall, make_schedule
from tinygpt_keras.training.session import plan_epochs


def test_the_run_directory_is_as_described(small_run):
    names = {path.name for path in small_run.iterdir() if not path.name.startswith(".")}
    assert names == {"config.json", "vocab.json", "events.jsonl", "train.log", "best.keras", "checkpoints"}
    config = json.loads((small_run / "config.json").read_text())
    assert config["preset"] == "tiny"
    assert config["seed"] == 1
    assert config["corpus"]["name"] == "tiny-shakespeare"
    assert config["corpus"]["characters"] == 1_115_394
    assert set(config["versions"]) == {"python", "tinygpt-keras", "keras", "tensorflow"}
    assert {path.name for path in (small_run / "checkpoints").iterdir()} == {"20", "40"}


def test_the_events_have_their_fields(small_run):
    fields = {
        "start": {"config", "parameters", "train_characters", "val_characters", "device", "resumed", "rungs"},
        "train": {"loss", "learning_rate", "characters_per_s", "eta_s"},
        "eval": {"train_loss", "val_loss", "best"},
        "sample": {"prompt", "text", "seed", "temperature"},
        "checkpoint": {"path", "val_loss"},
        "warning": {"message"},
        "end": {"reason", "best_val_loss", "wall_s"},
    }
    history = list(read_events(small_run / "events.jsonl"))
    assert (history[0]["event"], history[-1]["event"]) == ("start", "end")
    for event in history:
        assert set(event) == {"event", "time", "step"} | fields[event["event"]]
    assert [e["step"] for e in history if e["event"] == "eval"] == [0, 20, 40]
    assert history[0]["val_characters"] == 111_540
    assert history[0]["rungs"]["bigram"] == pytest.approx(2.485, abs=5e-4)
    samples = [e for e in history if e["event"] == "sample"]
    assert len({(e["prompt"], e["seed"], e["temperature"]) for e in samples}) == 1
    losses = [e["val_loss"] for e in history if e["event"] == "eval"]
    assert losses[0] == pytest.approx(math.log(65), abs=1e-6)
    assert history[-1]["best_val_loss"] == min(losses) < 3.4


def test_evaluate_finds_the_loss_that_training_reported(small_run, tmp_path):
    status, out, _ = command("evaluate", "--run", small_run, "--json", cwd=tmp_path)
    assert status == 0
    score = json.loads(out)
    end = list(read_events(small_run / "events.jsonl"))[-1]
    assert score["loss"] == pytest.approx(end["best_val_loss"], abs=1e-6)
    assert score["characters"] == 111_540
    assert score["bits_per_character"] == pytest.approx(score["loss"] / math.log(2))
    assert set(score) == {"loss", "standard_error", "bits_per_character", "perplexity", "characters", "run"}


def test_best_weights_hold_no_optimizer(small_run):
    run = open_run(small_run)
    assert run.model.count_params() == run.config.model.parameters()
    assert (small_run / "best.keras").stat().st_size < 8 * run.config.model.parameters() + 2**17


def test_half_precision_trains_and_is_read_back_in_full(tmp_path):
    """bfloat16 here; float16 with its loss scale is resumed in test_resume."""
    flags = [*SMALL, "--steps", 20, "--precision", "mixed_bfloat16", "--run-dir", "run"]
    status, _, err = command("train", *flags, cwd=tmp_path)
    assert status == 0, err
    losses = [e["val_loss"] for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "eval"]
    assert losses[-1] < losses[0]
    assert open_run(tmp_path / "run").model.compute_dtype == "float32"


def test_early_stopping_stops_and_overfitting_is_told(tmp_path):
    (tmp_path / "a.txt").write_text(
        "the quick brown fox jumps over it. " * 8 + "zyx wvu tsr qpo nml kji hgf edc ba " * 2
    )
    flags = [
        *SMALL,
        "--data",
        "a.txt",
        "--steps",
        2000,
        "--eval-every",
        20,
        "--patience",
        6,
        # Nothing against learning by heart, so that the training loss falls whatever the random numbers.
        "--attention-output-dropout",
        0,
        "--input-noise",
        0,
        "--run-dir",
        "run",
    ]
    status, _, err = command("train", *flags, cwd=tmp_path)
    assert status == 0, err
    history = list(read_events(tmp_path / "run/events.jsonl"))
    assert history[-1]["reason"] == "stopped_early"
    assert history[-1]["step"] < 2000
    (warning,) = [e["message"] for e in history if e["event"] == "warning"]
    best = min((e for e in history if e["event"] == "eval"), key=lambda e: e["val_loss"])
    # The best until then; a rise of a few evaluations may still be followed by a better one.
    bests = [e["step"] for e in history if e["event"] == "eval" and e["best"]]
    assert any(f"overfitting began after step {step}:" in warning for step in bests)
    assert history[-1]["step"] == best["step"] + 6 * 20
    # What has stopped stays where it stopped.
    checkpoints = sorted((tmp_path / "run/checkpoints").iterdir())
    assert command("train", "--resume", "--run-dir", "run", cwd=tmp_path)[0] == 0
    assert sorted((tmp_path / "run/checkpoints").iterdir()) == checkpoints
    assert list(read_events(tmp_path / "run/events.jsonl"))[-1]["reason"] == "stopped_early"


def test_a_loss_that_is_no_number_fails_in_words(tmp_path):
    flags = ["--optimizer", "adamw", "--learning-rate", 10, "--weight-decay", 10, "--steps", 200]
    status, out, err = command("train", *SMALL, *flags, "--run-dir", "run", cwd=tmp_path)
    assert (status, out) == (1, "")
    assert "error: the loss is no longer a number at step" in err
    assert "Lower --learning-rate" in err
    assert "Traceback" not in err
    assert list(read_events(tmp_path / "run/events.jsonl"))[-1]["reason"] == "failed"
    # What was best before is still there.
    assert open_run(tmp_path / "run").model.count_params() > 0


@given(st.integers(0, 300), st.integers(1, 300), st.integers(1, 60))
def test_epochs_end_where_evaluations_are_due(done, steps, every):
    training = TrainingConfig(steps=steps, eval_every=every)
    done = min(done, steps)
    ends, step = [], done
    for per_epoch, epochs in plan_epochs(training, done):
        for _ in range(epochs):
            step += per_epoch
            ends.append(step)
    due = [s for s in range(1, steps + 1) if (s % every == 0 or s == steps) and s > done]
    assert ends == due


def test_schedules_rise_and_fall():
    cosine = WarmupThenFall(1e-3, 1e-4, "cosine", 100, 2000)
    assert float(cosine(0)) == pytest.approx(1e-3 / 101)
    assert float(cosine(100)) == pytest.approx(1e-3)
    assert float(cosine(1050)) == pytest.approx((1e-3 + 1e-4) / 2)
    assert float(cosine(2000)) == pytest.approx(1e-4)
    linear = make_schedule(TrainingConfig(steps=1000, learning_rate=0.5))
    assert [float(linear(step)) for step in (0, 250, 1000)] == pytest.approx([0.5, 0.375, 0])
    constant = WarmupThenFall(0.1, 0.1, "constant", 0, 10)
    assert [float(constant(step)) for step in (0, 5, 10)] == pytest.approx([0.1] * 3)


TINY = ModelConfig(vocab_size=7, block_size=4, embed_dim=8, num_heads=2, num_layers=1, norm="layernorm", bias=True)


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


def test_timing_both_ways_to_compile_leaves_the_model_as_it_was():
    from tinygpt_keras.pipeline import training_batches

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


def test_no_step_is_timed_where_it_is_large(monkeypatch):
    monkeypatch.setattr(compilation, "gpu_names", list)
    recipe = PRESETS["tiny"]
    config = dataclasses.replace(recipe.training, jit_compile="auto")
    keras.utils.set_random_seed(1)
    model = build_model(dataclasses.replace(recipe.model, vocab_size=65))
    said = []
    assert choose_jit(model, config, None, said.append) is False  # there are no batches to time with
    assert model.jit_compile is False
    assert "not tried" in said[0]


def test_the_size_of_a_step_is_counted():
    for name, billions in (("nano-cpu", 3.7), ("tiny", 19.8)):
        model = dataclasses.replace(PRESETS[name].model, vocab_size=65)
        assert step_operations(model, PRESETS[name].training) / 1e9 == pytest.approx(billions, abs=0.05)
