"""A hostile run ends in one clear line, costs no memory, and touches nothing outside its folder."""

import os
import shutil

import pytest

from tests.conftest import command
from tests.hostile import corpus
from tests.hostile.readers import ALLOWED, READERS, assert_refused, by_worker, contents, followed, peak
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.summary import DAMAGED, list_runs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("patience")]

# What is refused before anything is read, by every reader: the change, and what is said of it.
REFUSED = {
    **{f"{name} linked": (corpus.linked(name), f"{name} is a link") for name in corpus.FILES},
    **{f"{name} a pipe": (corpus.piped(name), f"{name} is a pipe") for name in corpus.FILES},
    **{f"{name} a device": (corpus.to_device(name), f"{name} is a link") for name in corpus.FILES},
    "checkpoints linked": (corpus.linked("checkpoints"), "checkpoints is a link"),
    "config.json of a gigabyte": (corpus.sparse("config.json"), "config.json has 1,073,741,824 bytes"),
    "a number of 400 digits": (corpus.edited("config.json", corpus.set_clip), "clip-norm is 999"),
    "a context of gigabytes": (corpus.edited("config.json", corpus.set_block), "block-size is 65536. Give it"),
    "an endless word": (corpus.edited("config.json", corpus.set_norm), "--norm is 'xxx"),
    "a number of 4,000 digits": (corpus.edited("config.json", corpus.set_vocabulary), "vocab-size is 1000"),
    "a patience of 4,000 digits": (corpus.edited("config.json", corpus.set_patience), "patience is 1000"),
    "deep JSON": (corpus.text("config.json", b"[" * 10**6), "config.json is not JSON"),
}
# What the vocabulary or the weights say wrong: the table lists such a run, and a chat is refused.
UNUSABLE = {
    "vocab.json of a gigabyte": (corpus.sparse("vocab.json"), "vocab.json has 1,073,741,824 bytes"),
    "a vocabulary of objects": (corpus.text("vocab.json", b"[" + b"{}," * 5_000_000 + b"{}]"), "more characters than"),
    "a vocabulary of brackets": (corpus.text("vocab.json", b"[" + b"[[[[[[]]]]]]," * 900_000 + b"[]]"), "not a list"),
    "half a character": (corpus.text("vocab.json", b'["a", "\\ud800"]'), "vocab.json is not JSON"),
}
WEIGHTS = {
    "best.keras of a gigabyte": (corpus.sparse("best.keras"), "best.keras cannot be used"),
    "weights that are one long text": (corpus.weights(corpus.repeated), "not stored as Keras stores them"),
    "groups in groups": (corpus.weights(corpus.nested), "it has more parts than its model"),
    "a group of many names": (corpus.weights(corpus.named_again), "it has more parts than its model"),
    "weights with attributes": (corpus.weights(corpus.described), "not stored as Keras stores them"),
    "an archive of a list alone": (corpus.directory_of_gigabytes("best.keras"), "best.keras cannot be used"),
    "weights that were never written": (corpus.weights(corpus.unallocated), "best.keras cannot be used"),
}
# What `--resume` reads besides; it passes over the newest checkpoint, or over both.
CHECKPOINTS = {
    **{
        f"{write.__name__} arrays": corpus.arrays("20", "40", write=write)
        for write in (corpus.deflated, corpus.lying, corpus.strings, corpus.large, corpus.cut)
    },
    **{
        f"progress {value!r}"[:40]: corpus.progress(step=value)
        for value in ("x", None, 250.5, -50, 10**30, True, [1], {"a": 1})
    },
    "endless time": corpus.progress(elapsed_s=float("nan")),
    "metadata of a gigabyte": lambda run, outside: [
        corpus.sparse(f"checkpoints/{step}/metadata.json")(run, outside) for step in (20, 40)
    ],
    "archives of a list alone": lambda run, outside: [
        corpus.directory_of_gigabytes(f"checkpoints/{step}/state.npz")(run, outside) for step in (20, 40)
    ],
    "arrays that are pipes": lambda run, outside: [
        corpus.piped(f"checkpoints/{step}/state.npz")(run, outside) for step in (20, 40)
    ],
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_run_that_is_not_one_is_refused_by_every_reader(case, copy, outside, normal, small_run):
    change, words = REFUSED[case]
    change(copy, outside)
    before = contents(outside)
    for read in READERS.values():
        assert_refused(read(copy), words)
    assert words in by_worker(copy).message
    shutil.copytree(small_run, copy.parent / "good")
    assert {run.name: run.state for run in list_runs(copy.parent)} == {"copy": DAMAGED, "good": "finished"}
    assert contents(outside) == before
    assert peak() - normal.peak < ALLOWED


@pytest.mark.parametrize("case", {**UNUSABLE, **WEIGHTS})
def test_a_model_that_is_none_is_refused_by_all_that_open_it(case, copy, outside, normal):
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


def test_a_history_of_gigabytes_is_passed_over(copy, normal):
    whole = (copy / "events.jsonl").read_bytes()
    corpus.sparse("events.jsonl", 2 * corpus.GIGABYTE)(copy, None)
    (run,) = list_runs(copy.parent)
    assert run.state == "interrupted"  # its end is out of reach
    assert followed(copy).step == 40
    status, _, err = READERS["resume"](copy)
    assert status == 0, err
    assert (copy / "events.jsonl").read_bytes().startswith(whole)
    assert (copy / "events.jsonl").stat().st_size < 2 * len(whole)
    assert peak() - normal.peak < ALLOWED


def test_training_writes_through_no_link(copy, outside):
    """Also where a link waits under a name that a save uses for a moment."""
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


@pytest.mark.parametrize("name", ["events.jsonl", "train.log"])
def test_training_writes_into_no_file_that_has_another_name(name, copy, outside):
    """As a copy by `cp -l` has."""
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
    corpus.edited("config.json", corpus.set_versions)(copy, None)
    assert RunDirectory(copy).config().versions == {}
    assert READERS["resume"](copy)[0] == 0


def test_the_newest_run_is_named_though_its_weights_are_a_link(copy, outside):
    corpus.linked("best.keras")(copy, outside)
    (copy.parent / "runs").mkdir()
    copy.rename(copy.parent / "runs" / "copy")
    status, _, err = command("evaluate", cwd=copy.parent)
    assert status == 2
    assert "best.keras is a link" in err


def test_a_link_to_a_whole_run_is_that_run(copy):
    """What a person links as a whole is their own choice."""
    (copy.parent / "alias").symlink_to(copy)
    assert READERS["evaluate"](copy.parent / "alias")[0] == 0
    assert RunDirectory(copy.parent / "alias").config() == RunDirectory(copy).config()
