"""An error names what a kill left half made, and says what to do."""

import shutil

import pytest

from tests.conftest import SMALL, command
from tinygpt_keras import atomic
from tinygpt_keras.runs.checkpoints import complete_checkpoints, list_checkpoints
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_tui.runs.choices import kept_steps
from tinygpt_tui.runs.shelf import delete_run
from tinygpt_tui.training.trainer import discard_unborn


def test_a_run_killed_during_setup_asks_for_removal(copy):
    """The terminal UI removes such a run itself."""
    (copy / "config.json").unlink()
    for file in ("events.jsonl", "best.keras"):
        (copy / file).unlink()
    for folder in ("checkpoints", "film"):
        shutil.rmtree(copy / folder)
    for flags in (["--resume"], SMALL):
        status, out, err = command("train", *flags, "--run-dir", copy, cwd=copy.parent)
        assert (status, out) == (2, "")
        assert "was stopped before" in err
        assert "Remove it" in err
    discard_unborn(RunDirectory(copy))  # the terminal UI removes such a run itself
    assert not copy.exists()


def test_no_error_advises_removing_a_users_folder(tmp_path):
    """The folder holds the `vocab.json` of another program's tokenizer."""
    for name in ("vocab.json", "merges.txt", "my-thesis.txt"):
        (tmp_path / name).write_text("[]")
    status, _, err = command("evaluate", "--run", tmp_path, cwd=tmp_path)
    assert status == 2
    assert "has no config.json" in err
    assert "Remove it" not in err


def test_a_lock_that_is_a_folder_locks_nothing(copy):
    (copy / ".lock").unlink(missing_ok=True)
    (copy / ".lock").mkdir()
    (copy / ".trainer").write_text("1")
    assert RunDirectory(copy).trainer() is None


def test_no_error_advises_removing_a_run_without_config(copy):
    (copy / "config.json").unlink()
    status, _, err = command("train", "--resume", "--run-dir", copy, cwd=copy.parent)
    assert status == 2
    assert "it has no config.json. Check the path" in err
    assert "Remove" not in err


def test_a_run_that_cannot_be_deleted_whole_says_so(copy, monkeypatch):
    def fail(path, ignore_errors=False):
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(atomic.shutil, "rmtree", fail)
    with pytest.raises(PermissionError):
        delete_run(copy.parent, RunDirectory(copy))


def test_a_folder_with_something_of_the_users_is_kept(copy):
    (copy / "config.json").unlink()
    (copy / "notes.txt").touch()
    discard_unborn(RunDirectory(copy))
    assert (copy / "notes.txt").exists()


def test_a_checkpoint_that_is_half_removed_is_not_offered(copy):
    (copy / "checkpoints/20/state.npz").unlink()
    assert kept_steps(RunDirectory(copy)) == [40]
    assert [path.name for path in complete_checkpoints(copy / "checkpoints")] == ["40"]
    assert [path.name for path in list_checkpoints(copy / "checkpoints")] == ["40", "20"]


def test_a_killed_removal_leaves_the_name_free(tmp_path, monkeypatch):
    (tmp_path / "40").mkdir()
    (tmp_path / "40" / "file").touch()
    monkeypatch.setattr(atomic.shutil, "rmtree", lambda *_, **__: None)  # killed before the first file is gone
    atomic.remove(tmp_path / "40")
    assert [path.name for path in tmp_path.iterdir()] == [".40.removed"]


def test_removing_a_link_leaves_what_it_points_to(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "file").touch()
    (tmp_path / "40").symlink_to(target)
    (tmp_path / ".41.removed").symlink_to(target)
    (tmp_path / "41").mkdir()
    for name in ("40", "41", "none"):
        atomic.remove(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (target / "file").exists()


def test_weights_that_are_no_numbers_are_refused(copy):
    import numpy as np

    from tinygpt_keras.models.open import open_run

    run = open_run(copy)
    run.model.trainable_variables[0].assign(np.full(run.model.trainable_variables[0].shape, np.nan))
    run.model.save(copy / "best.keras")
    for verb, flags in (("evaluate", ["--json"]), ("sample", ["--max-new", 1, "--seed", 1])):
        status, out, err = command(verb, "--run", copy, *flags, cwd=copy.parent)
        assert (status, out) == (2, "")
        assert "best.keras cannot be used: its weights are not all numbers" in err
