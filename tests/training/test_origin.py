"""A new run may begin with another run's weights."""

import json
import os
import shlex
import shutil

import numpy as np
import pytest

from tinygpt_keras import train
from tinygpt_keras.config.run import ADOPTED
from tinygpt_keras.errors import InputError
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.training.resume_flags import interruption
from tinygpt_keras.training.setup import new_config

pytestmark = pytest.mark.slow


def flags(**given):
    return {"preset": None, "seed": None, "start_from": None, **given}


def test_a_run_begins_with_anothers_weights(small_run, tmp_path, capfd):
    text = tmp_path / "mine.txt"
    text.write_text("To be, or not to be: 2 b = ½ € — that is the question.\n" * 40, "utf-8")
    run = tmp_path / "new"
    command = [
        "--from",
        str(small_run),
        "--data",
        str(text),
        "--run-dir",
        str(run),
        "--steps",
        "2",
        "--keep-checkpoints=0",
    ]
    assert train.main(command) == 0, capfd.readouterr()
    told = capfd.readouterr().err
    vocabulary = json.loads((run / "vocab.json").read_text("utf-8"))
    theirs = json.loads((small_run / "vocab.json").read_text("utf-8"))
    shared = len(set(vocabulary) & set(theirs))
    assert f"from the weights of {small_run}: {shared} characters known, {len(vocabulary) - shared} new" in told
    config = json.loads((run / "config.json").read_text("utf-8"))
    assert (config["start_from"], config["model"]["embed_dim"]) == (str(small_run), 16)
    start = next(read_events(run / "events.jsonl"))
    assert start["overlap"] == {"shared": shared, "new": len(vocabulary) - shared, "dropped": 65 - shared}
    first, trained = open_run(run, step=0).model, open_run(small_run).model
    for one, other in zip(first.blocks[0].trainable_variables, trained.blocks[0].trainable_variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    losses = [event["val_loss"] for event in read_events(run / "events.jsonl") if event["event"] == "eval"]
    assert losses[0] < np.log(len(vocabulary)) - 0.1  # where a run from nothing begins


def test_a_preset_overrides_the_recipe_of_the_origin(small_run):
    """Without a preset the recipe is the origin's, with a tenth of its learning rate."""
    own = new_config(flags(start_from=str(small_run)))
    assert (own.training.batch_size, own.training.steps, own.preset) == (4, 40, "tiny")
    assert own.training.learning_rate == pytest.approx(0.0006)  # a tenth
    assert new_config(flags(start_from=str(small_run), learning_rate=0.5)).training.learning_rate == 0.5
    named = new_config(flags(start_from=str(small_run), preset="nano-cpu", steps=7, attention_dropout=0.1))
    assert (named.training.batch_size, named.training.steps, named.preset) == (12, 7, "nano-cpu")
    assert (named.model.embed_dim, named.model.attention_dropout) == (16, 0.1)
    pretrained = new_config(flags(start_from="pretrained"))
    assert (pretrained.model.embed_dim, pretrained.start_from) == (128, "pretrained")
    assert pretrained.training.eval_characters == 200_000  # though that run is of a version that scored all


def test_minutes_are_inherited_unless_steps_are_given(copy):
    config = json.loads((copy / "config.json").read_text())
    config["training"]["minutes"] = 3.0
    (copy / "config.json").write_text(json.dumps(config))
    assert new_config(flags(start_from=str(copy))).training.minutes == 3.0
    assert new_config(flags(start_from=str(copy), steps=5)).training.minutes is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"embed_dim": 32}, "--embed-dim 32 does not fit the weights of pretrained, which have 128"),
        ({"tied_head": True}, "--tied-head does not fit the weights of pretrained. Drop"),
        ({"preset": "nothing"}, "there is no preset 'nothing'"),
        ({"start_from": "nowhere"}, "there is no run directory nowhere"),
    ],
)
def test_what_does_not_fit_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        new_config(flags(**{"start_from": "pretrained", **given}))


def test_resume_takes_no_origin(copy, capsys):
    assert train.main(["--resume", "--from", "pretrained", "--run-dir", str(copy)]) == 2
    assert "Drop --from, or start a new run" in capsys.readouterr().err
    assert train.main(["--resume", "--embed-dim", "8", "--run-dir", str(copy)]) == 2
    assert "Drop --embed-dim, or start a new run" in capsys.readouterr().err


def test_resuming_without_a_checkpoint_requires_naming_the_origin(small_run, copy, capsys):
    """The path stands in a file that somebody else may have written. An adopted run's preset changes nothing."""
    shutil.rmtree(copy / "checkpoints")
    config = json.loads((copy / "config.json").read_text()) | {"preset": ADOPTED, "start_from": str(small_run)}
    (copy / "config.json").write_text(json.dumps(config))
    resume = ["--resume", "--run-dir", str(copy)]
    assert train.main(resume) == 2
    assert f"begins with the weights of {small_run}. If you trust that run, add --from" in capsys.readouterr().err
    assert train.main([*resume, "--from", str(copy)]) == 2
    assert "Drop --from" in capsys.readouterr().err
    assert interruption(RunDirectory(copy))[-1].endswith(shlex.join([*resume, "--from", str(small_run)]))
    assert train.main([*resume, "--from", os.path.relpath(small_run)]) == 0
    assert [e["overlap"] for e in read_events(copy / "events.jsonl") if e["event"] == "start"][-1]["shared"] == 65
    assert train.main([*resume, "--steps", "44", "--from", str(small_run)]) == 2
    assert "Drop --from" in capsys.readouterr().err


def test_angles_have_no_weights_so_the_context_may_change():
    assert new_config(flags(start_from="pretrained", block_size=64)).model.block_size == 64
