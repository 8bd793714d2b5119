"""The pretrained model is what its card says, and any run of tiny Shakespeare can be made into one."""

import dataclasses
import importlib
import re
import shlex
import shutil
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from tinygpt_keras.config import CorpusInfo, config_from_flags
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluate import score_run
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.text.corpus import read_corpus
from tinygpt_keras.train import OWN_FLAGS, make_parser

pytestmark = pytest.mark.slow

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
make_pretrained = importlib.import_module("make_pretrained")

FILES = {"README.md", "best.keras", "config.json", "vocab.json"}


def card_of(directory):
    return (directory.path / "README.md").read_text("utf-8")


def row(card, name):
    """What a table of the card has beside a name."""
    (value,) = re.findall(rf"^\| {re.escape(name)} \| (.*) \|$", card, re.M)
    return value


def trained_by(card):
    """The configuration that the card's command gives to `train`, without corpus and versions."""
    (line,) = re.findall(r"^python -m tinygpt_keras\.train .*$", card, re.M)
    flags = vars(make_parser().parse_args(shlex.split(line)[3:]))
    given = {name: value for name, value in flags.items() if name not in OWN_FLAGS}
    return config_from_flags(flags["preset"], given, flags["seed"])


def stored_types(path):
    found = set()
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as member, h5py.File(member) as weights:
        weights.visititems(lambda _, item: found.add(str(item.dtype)) if isinstance(item, h5py.Dataset) else None)
    return found


def test_the_loss_on_the_card_is_the_models():
    score = score_run(pretrained_run())
    card = card_of(pretrained_run())
    assert score.loss == pytest.approx(float(row(card, "as shipped, float16")), abs=1e-4)
    assert score.loss == pytest.approx(float(row(card, "as trained, float32")), abs=make_pretrained.COST)
    assert f"{score.characters:,} characters, each predicted once" in card


def test_the_model_card_names_corpus_and_training_command():
    config, corpus, card = pretrained_run().config(), read_corpus(), card_of(pretrained_run())
    assert row(card, "corpus's sha256") == f"`{corpus.sha256}`"
    assert config.corpus == CorpusInfo(corpus.name, corpus.sha256, len(corpus.text))
    assert row(card, "seed") == str(config.seed)
    assert row(card, "parameters") == f"{config.model.parameters():,}"
    recipe = trained_by(card)
    assert (recipe.preset, recipe.seed) == ("tiny", config.seed)
    # Fields that came later, with the values by which the version that trained it behaved.
    since = {name: getattr(config.training, name) for name in ("eval_characters", "film")}
    training = dataclasses.replace(recipe.training, **since)
    assert (recipe.model, training) == (config.model, config.training)


def test_it_is_small_and_computes_in_full():
    directory = pretrained_run()
    assert {path.name for path in directory.path.iterdir()} == FILES
    assert directory.best_file.stat().st_size < 2_000_000
    assert stored_types(directory.best_file) == {"float16"}
    ours, plain = open_run(directory).model, keras.saving.load_model(directory.best_file, safe_mode=True)
    for model in (ours, plain):
        assert model.compute_dtype == "float32"
        assert {variable.dtype for variable in model.weights} == {"float32"}
    for ours_has, plain_has in zip(ours.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(ours_has, plain_has)


def test_a_run_is_made_into_one(small_run, tmp_path):
    made = RunDirectory(tmp_path / "made")
    make_pretrained.make(RunDirectory(small_run), made)
    assert {path.name for path in made.path.iterdir()} == FILES
    assert stored_types(made.best_file) == {"float16"}
    before, after = open_run(small_run), open_run(made)
    assert after.config == before.config
    for exact, rounded in zip(before.model.weights, after.model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(rounded), np.asarray(exact).astype("float16"))
    recipe = trained_by(card_of(made))
    assert (recipe.model, recipe.training) == (before.config.model, before.config.training)
    assert row(card_of(made), "steps").startswith("40; the weights are those of step 40, the best of 3 ")


def unfinished(run):
    lines = run.events_file.read_text("utf-8").splitlines(keepends=True)
    run.events_file.write_text("".join(lines[:-1]), "utf-8")


def of_another_text(run):
    config = run.config_file.read_text("utf-8")
    run.config_file.write_text(config.replace('"tiny-shakespeare"', '"mine.txt"'), "utf-8")


def too_large(run):
    model = open_run(run).model
    model.weights[0].assign(model.weights[0] * 1e7)
    model.save(run.best_file)


UNFIT = [
    (unfinished, "is not finished"),
    (of_another_text, "another text"),
    (too_large, "its weights are not all numbers"),
]


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
@pytest.mark.parametrize(("spoil", "words"), UNFIT, ids=["unfinished", "another text", "too large"])
def test_a_run_that_will_not_do_changes_nothing(small_run, tmp_path, spoil, words):
    shutil.copytree(small_run, tmp_path / "run")
    run, target = RunDirectory(tmp_path / "run"), RunDirectory(tmp_path / "target")
    spoil(run)
    target.path.mkdir()
    (target.path / "kept").touch()
    with pytest.raises(InputError, match=words):
        make_pretrained.make(run, target)
    assert [path.name for path in target.path.iterdir()] == ["kept"]
    assert {path.name for path in tmp_path.iterdir()} == {"run", "target"}
