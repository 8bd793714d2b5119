"""The models to talk to are listed once each: the best of every run, the pretrained one, then all checkpoints."""

import os

from tests.tui.conftest import make_checkpoint, make_run
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_tui.runs.choices import Choice, kept_steps, list_choices

PRETRAINED = Choice(str(pretrained_run().path))


def make(runs_dir, name, age, steps=(), weights=True):
    path = make_run(runs_dir, name, weights=weights)
    for step in steps:
        make_checkpoint(path, step)
    os.utime(path / "events.jsonl", (1e9 - age, 1e9 - age))
    return path


def test_every_best_comes_before_any_checkpoint(tmp_path):
    old, new = make(tmp_path, "old", 9, steps=[30]), make(tmp_path, "new", 1, steps=[900, 1000, 20])
    make(tmp_path, "no weights yet", 0, steps=[10], weights=False)
    assert list_choices(tmp_path) == [
        *(Choice(str(new)), Choice(str(old)), PRETRAINED),
        *(Choice(str(new), step) for step in (1000, 900, 20)),
        Choice(str(old), 30),
    ]
    assert [choice.label for choice in list_choices(tmp_path)] == [
        *("new, best", "old, best", "the pretrained model"),
        *("new at step 1,000", "new at step 900", "new at step 20", "old at step 30"),
    ]


def test_a_model_from_elsewhere_comes_first(tmp_path):
    run = make(tmp_path / "runs", "one", 1)
    elsewhere = Choice(str(make(tmp_path / "elsewhere", "two", 1)), 7)
    assert list_choices(tmp_path / "runs", elsewhere) == [elsewhere, Choice(str(run)), PRETRAINED]


def test_no_model_is_listed_twice(tmp_path):
    one, two = (Choice(str(make(tmp_path, name, age))) for age, name in enumerate(["one", "two"]))
    assert list_choices(tmp_path, two) == [two, one, PRETRAINED]
    assert list_choices(tmp_path, PRETRAINED) == [PRETRAINED, one, two]
    assert list_choices(tmp_path / "nowhere") == [PRETRAINED]


def test_only_whole_checkpoints_count(tmp_path):
    directory = RunDirectory(make(tmp_path, "one", 0, steps=[5, ".6.partial", "7.damaged", "²", "٣", "x"]))
    (directory.checkpoints / "8").write_text("a file")
    (directory.checkpoints / "9").mkdir()  # half removed
    assert kept_steps(directory) == [5]
    assert kept_steps(RunDirectory(tmp_path / "nowhere")) == []
