"""A run trains, resumes, samples and is scored where Keras runs on JAX, and moves between the backends."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import SMALL, command, in_a_process
from tests.training.endings import STATEFUL, assert_same_state, starts
from tinygpt_keras.config import ModelConfig, TrainingConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text.corpus import read_corpus
from tinygpt_keras.training.checkpoint import variables
from tinygpt_keras.training.compilation import compile_model
from tinygpt_keras.training.examples import examples_of
from tinygpt_keras.training.resume import restore

ON_JAX = {**os.environ, "KERAS_BACKEND": "jax"}


def of_kind(run, kind):
    """The events of one kind."""
    return [event for event in read_events(run / "events.jsonl") if event["event"] == kind]


def test_integers_may_have_another_size():
    """Another backend counts steps and draws in other types; what does not fit is no checkpoint of this model."""
    model = build_model(ModelConfig(vocab_size=5, block_size=4, embed_dim=4, num_heads=1, num_layers=1))
    compile_model(model, TrainingConfig(optimizer="adamw"))
    arrays = {name: np.asarray(variable) for name, variable in variables(model).items()}
    counter = next(name for name in arrays if name.endswith("iteration"))
    restore(model, {**arrays, counter: np.uint32(7)})
    assert int(model.optimizer.iterations) == 7
    for wrong in (np.uint64(2**63), np.float32(7), np.zeros(2, np.int64)):
        with pytest.raises(InputError, match="another model"):
            restore(model, {**arrays, counter: wrong})
    assert int(model.optimizer.iterations) == 7


@pytest.mark.slow
def test_a_run_moves_between_backends(copy, small_run):
    """Weights and optimizer go with it; only the integers' sizes differ."""
    shutil.rmtree(copy / "checkpoints/40")
    status, out, err = in_a_process("train", "--resume", "--run-dir", copy, cwd=copy, env=ON_JAX)
    assert (status, out) == (0, f"{copy}\n"), err
    assert "the resumed run may differ in its last bits: backend was tensorflow, is jax." in err
    ours, theirs = of_kind(copy, "eval"), of_kind(small_run, "eval")
    assert [event["step"] for event in ours] == [0, 20, 40, 40]  # the first 40 is TensorFlow's
    assert ours[-1]["val_loss"] == pytest.approx(theirs[-1]["val_loss"], abs=1e-3)
    opened = open_run(copy, 40)
    ids = opened.tokenizer.encode(read_corpus().text)
    windows = examples_of(ids).scored(opened.config)["val"]
    assert exact_loss(opened.model, windows).loss == pytest.approx(ours[-1]["val_loss"], abs=1e-6)
    status, _, err = command("train", "--resume", "--run-dir", copy, "--steps", "60", cwd=copy)
    assert status == 0, err
    assert "backend was jax, is tensorflow" in err
    assert starts(copy) == [(False, 0), (True, 20), (True, 40)]
    assert of_kind(copy, "eval")[-1]["val_loss"] < ours[-1]["val_loss"]


@pytest.mark.slow
def test_everything_but_exporting_works_on_jax(tmp_path):
    """A resumed run ends as an uninterrupted one, bit for bit, as on TensorFlow."""
    training = [*STATEFUL, "--jit-compile", "auto", "--optimizer", "adamw", "--steps", "20", "--eval-every", "10"]
    replying = [*SMALL, "--jit-compile", "auto", "--task", "reverse", "--steps", "4", "--eval-every", "2"]
    replying += ["--sample-length", "9"]
    code = f"""
import shutil
from tinygpt_keras import evaluate, export, sample, train
assert train.main([*{training}, "--run-dir", "whole"]) == 0
shutil.copytree("whole", "run", ignore=shutil.ignore_patterns("20"))
assert train.main(["--resume", "--run-dir", "run"]) == 0
assert train.main([*{replying}, "--run-dir", "replies"]) == 0
for folder in ("whole", "replies"):
    assert sample.main(["--run", folder, "--prompt", "abc", "--max-new", "20"]) == 0
assert sample.main(["--run", "replies", "--prompt", "abc", "--beams", "3"]) == 0
assert evaluate.main(["--run", "whole"]) == 0
assert export.main(["--run", "whole", "--out", "out"]) == 2
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=ON_JAX, check=False
    )
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "out").exists()
    with (
        np.load(tmp_path / "run/checkpoints/20/state.npz") as ours,
        np.load(tmp_path / "whole/checkpoints/20/state.npz") as theirs,
    ):
        assert_same_state(ours, theirs)
    ends = [[event["loss"] for event in of_kind(tmp_path / name, "train")][-1] for name in ("run", "whole")]
    assert ends[0] == ends[1]
    assert of_kind(tmp_path / "replies", "end")[0]["reason"] == "finished"
