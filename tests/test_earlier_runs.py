"""Runs that earlier versions recorded open, score, write and resume for ever."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tinygpt_keras import train
from tinygpt_keras.config import ModelConfig, SamplingOptions, TrainingConfig
from tinygpt_keras.evaluate import score_run
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.checkpoints import list_checkpoints, read_checkpoint
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events

pytestmark = pytest.mark.slow

FORMATS = sorted((Path(__file__).parent / "recordings").glob("format-*"))
# What differs in the state that a checkpoint holds; the other presets differ in what a model is, which is opened.
RESUMED = {"tiny", "nano", "bigram", "float16", "minutes", "clock", "accumulated", "averaged", "post", "replies"}
RUNS = [config.parent for folder in FORMATS for config in sorted(folder.glob("*/config.json"))]
# What was trained in half precision was evaluated in it, and is opened in float32.
TOLERANCE = {"float16": 2e-3}


def name(run):
    return f"{run.parent.name}-{run.name}"


def last(run, event, **values):
    found = [e for e in read_events(run / "events.jsonl") if e["event"] == event]
    return [e for e in found if all(e[field] == value for field, value in values.items())][-1]


@pytest.fixture
def recorded(request, tmp_path):
    """A copy of a recorded run, as it was when it was stopped, with the folder of its format."""
    shutil.copytree(request.param, tmp_path / "run")
    return tmp_path / "run", request.param


@pytest.mark.parametrize("run", RUNS, ids=name)
def test_an_earlier_run_scores_and_writes_as_recorded(run):
    best = last(run, "eval", best=True)
    assert score_run(RunDirectory(run)).loss == pytest.approx(best["val_loss"], rel=TOLERANCE.get(run.name, 1e-5))
    sample = last(run, "sample", step=best["step"])
    if run.name in TOLERANCE:
        return
    opened = open_run(run)
    options = SamplingOptions(max_new=len(sample["text"]), seed=sample["seed"], temperature=sample["temperature"])
    generator = Generator(opened.model, opened.tokenizer, jit_compile=False)
    assert generator.generate([sample["prompt"]], options) == [sample["text"]]


@pytest.mark.parametrize("recorded", [run for run in RUNS if run.name in RESUMED], ids=name, indirect=True)
def test_an_earlier_run_resumes_to_its_recorded_end(recorded, capsys):
    run, source = recorded
    if source.name == "averaged":
        assert train.main(["--resume", "--run-dir", str(run)]) == 2
        assert "this run averages its weights (ema), which training no longer does" in capsys.readouterr().err
        return
    kept = int(list_checkpoints(run / "checkpoints")[0].name)
    assert open_run(run, kept).step == kept
    assert train.main(["--resume", "--run-dir", str(run)]) == 0, capsys.readouterr()
    end = json.loads((source.parent / "ends.json").read_text("utf-8"))[source.name]
    if last(source, "end")["reason"] == "finished":  # by the clock
        assert f"already finished at step {kept}" in capsys.readouterr().err
        return
    assert last(run, "end")["reason"] == end["reason"]
    if json.loads((source / "config.json").read_text("utf-8"))["training"]["minutes"]:
        return  # as far as this machine gets
    assert last(run, "end")["step"] == end["step"]
    assert last(run, "eval")["val_loss"] == pytest.approx(end["val_loss"], rel=TOLERANCE.get(source.name, 1e-4))


@pytest.mark.parametrize("run", [run for run in RUNS if run.name == "averaged"], ids=name)
def test_averaged_weights_are_taken_where_they_were_evaluated(run):
    newest = list_checkpoints(run / "checkpoints")[0]
    arrays = read_checkpoint(newest).arrays
    for variable in open_run(run, int(newest.name)).model.trainable_variables:
        average = f" muon/{variable.path.replace('/', '_')}_average"
        saved = next(array for name, array in arrays.items() if name.endswith(average))
        np.testing.assert_array_equal(np.asarray(variable), saved)


@pytest.mark.parametrize("folder", FORMATS, ids=lambda folder: folder.name)
def test_a_missing_field_means_what_it_did_then(folder):
    recorded = json.loads((folder / "missing.json").read_text("utf-8"))
    for part, config in {"model": ModelConfig, "training": TrainingConfig}.items():
        for field, value in recorded[part].items():
            assert dataclasses.asdict(config.from_json({}))[field] == value, field
