"""A hostile run causes a one-line error, costs no extra memory, and changes nothing outside of its folder."""

import json
import os
import re
import shutil

import pytest

from tests.conftest import command
from tests.hostile import corpus, edits
from tests.hostile.cases import CHECKPOINTS, REFUSED, UNUSABLE, WEIGHTS
from tests.hostile.readers import (
    ALLOWED,
    READERS,
    age,
    assert_refused,
    by_worker,
    contents,
    followed,
    peak,
    read_since,
)
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.summary import DAMAGED, list_runs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("patience")]


@pytest.mark.parametrize("case", REFUSED)
def test_every_reader_refuses_a_hostile_run(case, copy, outside, normal, small_run):
    """No reader changes anything outside of the run; the table of runs lists it as damaged."""
    change, words = REFUSED[case]
    change(copy, outside)
    before = contents(outside)
    aged = age(outside)
    for read in READERS.values():
        assert_refused(read(copy), words)
    assert words in by_worker(copy).message
    followed(copy)
    shutil.copytree(small_run, copy.parent / "good")
    assert {run.name: run.state for run in list_runs(copy.parent)} == {"copy": DAMAGED, "good": "finished"}
    assert not read_since(aged)
    assert contents(outside) == before
    assert peak() - normal.peak < ALLOWED


def test_reading_outside_would_leave_a_trace(outside):
    """Without access times the test above could not fail."""
    (outside / "file").write_text("mine")
    aged = age(outside)
    assert read_since(aged) == []
    (outside / "file").read_text()
    list(outside.iterdir())
    if not read_since(aged):
        pytest.skip("this file system keeps no access times")
    assert read_since(aged) == [outside.name, "file"]


@pytest.mark.parametrize("case", {**UNUSABLE, **WEIGHTS})
def test_every_opener_refuses_an_unusable_model(case, copy, outside, normal):
    """The table of runs lists such a run all the same."""
    change, words = {**UNUSABLE, **WEIGHTS}[case]
    change(copy, outside)
    for name, read in READERS.items():
        if name != "resume" or case in UNUSABLE:
            assert_refused(read(copy), words)
    assert words in by_worker(copy).message
    assert [run.name for run in list_runs(copy.parent)] == ["copy"]
    assert peak() - normal.peak < ALLOWED


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_where_no_checkpoint_is_whole_nothing_begins_anew(case, copy, outside, normal):
    CHECKPOINTS[case](copy, outside)
    kept = {path.name: path.stat().st_mtime_ns for path in copy.glob("checkpoints/*")}
    assert_refused(READERS["resume"](copy), "is damaged: 40, 20. Restore one from a copy")
    assert {path.name: path.stat().st_mtime_ns for path in copy.glob("checkpoints/*")} == kept
    assert peak() - normal.peak < ALLOWED


def test_weights_that_overflow_are_named(copy, outside):
    """Each is a number, so only a pass through the model shows it."""
    corpus.weights(corpus.scaled)(copy, outside)
    for name in ("evaluate", "sample"):
        assert_refused(READERS[name](copy), "its weights are too large. Train it again.")
    assert "its weights are too large" in by_worker(copy).message


def test_a_history_of_gigabytes_is_passed_over(copy, normal):
    whole = (copy / "events.jsonl").read_bytes()
    corpus.sparse("events.jsonl", 2000 * corpus.GIGABYTE)(copy, None)
    (run,) = list_runs(copy.parent)
    assert run.state == "interrupted"  # the hole hides the history's last event
    assert followed(copy).step == 40
    status, _, err = READERS["resume"](copy)
    assert status == 0, err
    assert (copy / "events.jsonl").read_bytes().startswith(whole)
    assert (copy / "events.jsonl").stat().st_size < 2 * len(whole)
    assert peak() - normal.peak < ALLOWED


def test_training_writes_through_no_link(copy, outside):
    """It does not even if a link has the name of a save's temporary file."""
    sentinel = outside / "sentinel"
    sentinel.write_text("mine")
    folder = outside / "folder"
    folder.mkdir()
    (folder / "file").write_text("mine, too")
    for name in (".best.partial.keras", ".config.partial.json", "..partial.trainer", "..trainer.partial"):
        (copy / name).symlink_to(sentinel)
    (copy / "checkpoints/.44.partial").symlink_to(folder)
    (copy / "checkpoints/.20.removed").symlink_to(folder)
    (copy / "checkpoints/30").symlink_to(folder)
    before = contents(outside)
    status, _, err = READERS["resume"](copy)
    assert status == 0, err
    assert contents(outside) == before
    assert (copy / "checkpoints/44/state.npz").is_file()


def test_training_from_a_shared_run_stays_in_the_runs_folder(copy, outside):
    """A new run is named after its preset, which is the shared run's."""
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "preset": f"{outside}/run"}))
    status, out, err = command("train", "--from", copy, "--steps", 1, cwd=copy.parent)
    assert status == 0, err
    assert re.fullmatch(r"runs/run-[\d-]+\n", out)
    assert list(outside.iterdir()) == []
    assert {path.name for path in copy.parent.iterdir()} == {"copy", "runs"}


@pytest.mark.parametrize("name", ["events.jsonl", "train.log"])
def test_training_writes_into_no_file_that_has_another_name(name, copy, outside):
    """`cp -l` gives a file another name."""
    (copy / name).touch()
    os.link(copy / name, outside / "backup")
    before = contents(outside)
    assert_refused_at_last(READERS["resume"](copy), "a hard link")
    assert contents(outside) == before


def assert_refused_at_last(result, words):
    status, out, err = result
    assert (status, out) == (2, ""), err
    assert words in err.splitlines()[-1]


def test_versions_that_mean_nothing_are_left_out(copy):
    corpus.edited("config.json", edits.set_versions)(copy, None)
    assert RunDirectory(copy).config().versions == {}
    assert READERS["resume"](copy)[0] == 0


def test_the_newest_run_is_refused_for_linked_weights(copy, outside):
    """The search for the newest run does not skip it."""
    corpus.linked("best.keras")(copy, outside)
    (copy.parent / "runs").mkdir()
    copy.rename(copy.parent / "runs" / "copy")
    status, _, err = command("evaluate", cwd=copy.parent)
    assert status == 2
    assert "best.keras is a link" in err


def test_a_link_to_a_whole_run_is_that_run(copy):
    """A user may link to a whole run on purpose."""
    (copy.parent / "alias").symlink_to(copy)
    assert READERS["evaluate"](copy.parent / "alias")[0] == 0
    assert RunDirectory(copy.parent / "alias").config() == RunDirectory(copy).config()
