"""What a finished run leaves behind, and what its parts promise."""

import itertools
import json
import math
import shutil
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SMALL, command
from tinygpt_keras.config import ModelConfig, RunConfig, TrainingConfig
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training.examples import TextExamples
from tinygpt_keras.training.session import Session, plan_epochs
from tinygpt_keras.training.signals import StopRequest

pytestmark = pytest.mark.slow


def evaluated(run):
    """The loss that `evaluate` gives."""
    status, out, err = command("evaluate", "--run", run, "--json", cwd=run)
    assert status == 0, err
    return json.loads(out)["loss"]


def test_the_run_directory_is_as_described(small_run):
    names = {path.name for path in small_run.iterdir() if not path.name.startswith(".")}
    assert names == {"config.json", "vocab.json", "events.jsonl", "train.log", "best.keras", "checkpoints", "film"}
    config = json.loads((small_run / "config.json").read_text())
    assert config["preset"] == "tiny"
    assert config["seed"] == 1
    assert config["corpus"]["name"] == "tiny-shakespeare"
    assert config["corpus"]["characters"] == 1_115_394
    assert set(config["versions"]) == {"python", "tinygpt-keras", "keras", "tensorflow"}
    assert {path.name for path in (small_run / "checkpoints").iterdir()} == {"20", "40"}


def test_the_events_have_their_fields(small_run):
    fields = {
        "start": {
            "config",
            "parameters",
            "train_characters",
            "val_characters",
            "device",
            "resumed",
            "rungs",
            "overlap",
        },
        "train": {"loss", "learning_rate", "characters_per_s", "eta_s"},
        "eval": {"train_loss", "val_loss", "best", "val_characters", "val_standard_error"},
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
    with zipfile.ZipFile(small_run / "best.keras") as file, h5py.File(file.open("model.weights.h5")) as weights:
        assert "blocks" in weights
        assert "optimizer" not in weights


def test_half_precision_trains_and_is_read_back_in_full(tmp_path):
    """bfloat16 here; float16 with its loss scale is resumed in test_resume."""
    flags = [*SMALL, "--steps", 20, "--precision", "mixed_bfloat16", "--run-dir", "run"]
    status, _, err = command("train", *flags, cwd=tmp_path)
    assert status == 0, err
    losses = [e["val_loss"] for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "eval"]
    assert losses[-1] < losses[0]
    assert open_run(tmp_path / "run").model.compute_dtype == "float32"


@pytest.mark.slow
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
    # The best weights are kept, not the last, and a resumed run knows how good they are.
    assert evaluated(tmp_path / "run") == pytest.approx(best["val_loss"], abs=1e-6)
    kept = (tmp_path / "run/best.keras").read_bytes()
    shutil.rmtree(max(checkpoints, key=lambda path: int(path.name)))
    assert command("train", "--resume", "--run-dir", "run", cwd=tmp_path)[0] == 0
    last = [e for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "eval"][-1]
    assert (last["step"], last["best"]) == (history[-1]["step"], False)
    assert (tmp_path / "run/best.keras").read_bytes() == kept


def test_a_loss_that_is_no_number_fails_in_words(tmp_path):
    flags = ["--optimizer", "adamw", "--learning-rate", 10, "--weight-decay", 10, "--steps", 200]
    status, out, err = command("train", *SMALL, *flags, "--run-dir", "run", cwd=tmp_path)
    assert (status, out) == (1, "")
    assert "error: the loss is no longer a number at step" in err
    assert "Lower --learning-rate" in err
    assert "Traceback" not in err
    assert list(read_events(tmp_path / "run/events.jsonl"))[-1]["reason"] == "failed"
    # What was best before is still there.
    losses = [e["val_loss"] for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "eval"]
    assert evaluated(tmp_path / "run") == pytest.approx(min(losses), abs=1e-6)


def test_a_sample_prompt_drops_unknown_characters_with_warning(tmp_path):
    (tmp_path / "a.txt").write_text("the quick brown fox jumps over it. " * 30)
    flags = ["--data", "a.txt", "--steps", 2, "--sample-prompt", "\tthé日 ", "--sample-length", 1, "--run-dir", "run"]
    status, _, err = command("train", *SMALL, *flags, cwd=tmp_path)
    assert status == 0, err
    assert err.count("warning: --sample-prompt: left out, as the model has never seen them: 日.") == 1
    samples = [e for e in read_events(tmp_path / "run/events.jsonl") if e["event"] == "sample"]
    assert [e["prompt"] for e in samples] == [" the "] * 3


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_the_first_nine_tenths_train_and_the_rest_validates(tmp_path, noise):
    text = "a" * 300 + "b" * 300 + "c" * 300 + "z" * 100
    model = ModelConfig(vocab_size=4, block_size=8, embed_dim=8, num_heads=2, num_layers=1)
    config = RunConfig(model=model, training=TrainingConfig(batch_size=4, steps=4, eval_every=4, input_noise=noise))
    tokenizer = CharTokenizer.from_text(text)
    examples = TextExamples(tokenizer.encode(text))
    session = Session(config, RunDirectory(tmp_path), examples, tokenizer, lambda _: None, StopRequest())
    batches = list(itertools.islice(session.batches(), 50))
    session.events.close()
    assert {int(target) for _, targets in batches for target in np.ravel(targets)} == {0, 1, 2}
    # What is put in the place of a character is any of the four.
    assert np.mean([np.asarray(inputs) == 3 for inputs, _ in batches]) == pytest.approx(noise / 4, abs=0.03)
    scored = {name: np.concatenate([t[w == 1] for _, t, w in part]) for name, part in examples.scored(config).items()}
    assert set(scored["train"]) == {0, 1, 2}
    assert scored["val"].tolist() == [3] * 100


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
