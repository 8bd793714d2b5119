"""Whatever is given, a command ends with one clear line, and nothing that was there is lost."""

import errno
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

from tests.conftest import SMALL, command
from tinygpt_keras import atomic
from tinygpt_keras.models.open import open_run

TRAIN = ("train", *SMALL, "--steps", "4", "--run-dir", "new")


def snapshot(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.name not in (".lock", "new")
    }


def assert_one_line(status, out, err, words, expected):
    assert status == expected, err
    assert out == ""
    lines = [line for line in err.splitlines() if not line.startswith(("using ", "seed ", "resuming "))]
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    assert lines[0].count(".") >= 1


BAD_TEXTS = {
    "missing.txt": (None, "there is no file or folder missing.txt. Check the path"),
    "empty.txt": (b"", "empty.txt is empty. Give another text"),
    "binary.txt": (b"MZ\0\0", "binary.txt is binary"),
    "latin.txt": ("déjà vu".encode("latin1"), "latin.txt is not UTF-8 (byte 1 is 0xe9)"),
    "alike.txt": (b"a" * 2000, "alike.txt consists of one repeated character"),
    "tiny-shakespeare": (b"mine" * 500, "is the name of the text that comes with the package. For yours, give ./tiny-"),
    "short.txt": (
        b"too short\n",
        "has 10 characters; with --block-size 16 the shortest text that works has 19",
    ),
    "folder": ("folder", "folder holds no .txt file"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_text_that_cannot_be_learned_from(tmp_path, name):
    content, words = BAD_TEXTS[name]
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    before = snapshot(tmp_path)
    assert_one_line(*command(*TRAIN, "--data", name, cwd=tmp_path), words, 2)
    assert snapshot(tmp_path) == before


@pytest.mark.slow
def test_the_shortest_text_that_is_named_works(tmp_path):
    (tmp_path / "a.txt").write_text("abcdefghijklmnopqrs")
    status, _, err = command(*TRAIN, "--data", "a.txt", cwd=tmp_path)
    assert status == 0, err


def test_an_export_that_tensorflow_could_not_name(tmp_path):
    found = command("export", "--out", "n\udcffx", cwd=tmp_path)  # a byte that is no UTF-8
    assert_one_line(*found, "'n\\udcffx' is not UTF-8. Choose another --out.", 2)
    assert_one_line(
        *command("export", "--out", "a[b]", cwd=tmp_path), "a[b] contains [, which TensorFlow reads as a pattern", 2
    )
    assert list(tmp_path.iterdir()) == []


def edit(run, name, content):
    (run / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def newer(run):
    values = json.loads((run / "config.json").read_text())
    edit(run, "config.json", json.dumps({**values, "format": 99}))


def repack(run, compression=zipfile.ZIP_STORED, extra=None):
    with zipfile.ZipFile(run / "best.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(run / "best.keras", "w", compression) as archive:
        for name, content in {**members, **(extra or {})}.items():
            archive.writestr(name, content)


def other_vocabulary(run):
    edit(run, "vocab.json", json.dumps(["a", "b"]))


def other_weights(run, fill):
    """Weights of about the right size, filled in some way."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as weights:
        fill(weights)
    repack(run, extra={"model.weights.h5": buffer.getvalue() + bytes(40_000)})


def external_weights(run):
    other_weights(run, lambda weights: weights.update(layers=h5py.ExternalLink("/etc/passwd", "/")))


def packed_weights(run):
    other_weights(run, lambda weights: weights.create_dataset("a", data=np.zeros(10_000), compression="gzip"))


def endless_weights(run):
    repack(run, extra={"model.weights.h5": bytes(2**23)})


BAD_RUNS = {
    "empty": (lambda run: [shutil.rmtree(run), run.mkdir()], "is not a run directory: it has no config.json"),
    "a file": (lambda run: [shutil.rmtree(run), run.write_text("x")], "is a file. Give a run directory"),
    "half-written": (lambda run: (run / "best.keras").unlink(), "is missing: the run was stopped before"),
    "no vocabulary": (lambda run: (run / "vocab.json").unlink(), "vocab.json is missing"),
    "corrupt vocabulary": (lambda run: edit(run, "vocab.json", '["a"'), "vocab.json is not JSON"),
    "other vocabulary": (other_vocabulary, "has 2 characters, but config.json says 65"),
    "corrupt configuration": (lambda run: edit(run, "config.json", "{}"), "not a run's configuration"),
    "binary configuration": (lambda run: edit(run, "config.json", b"\xff\xfe"), "config.json is not UTF-8"),
    "newer version": (newer, "was written by a newer version"),
    "torn weights": (
        lambda run: os.truncate(run / "best.keras", 5000),
        "best.keras cannot be used: it is not a comp",
    ),
    "no weights": (
        lambda run: edit(run, "best.keras", b"not a zip"),
        "best.keras cannot be used: it is not a comp",
    ),
    "zip bomb": (lambda run: repack(run, zipfile.ZIP_DEFLATED), "cannot be used: its members are compressed"),
    "stowaway": (lambda run: repack(run, extra={"evil.py": b"x"}), "cannot be used: it is not what Keras writes"),
    "external weights": (external_weights, "cannot be used: its weights are not stored as Keras stores them"),
    "packed weights": (packed_weights, "cannot be used: its weights are not stored as Keras stores them"),
    "endless weights": (endless_weights, "cannot be used: it is larger than its model"),
}


@pytest.mark.parametrize("kind", BAD_RUNS)
def test_a_run_that_is_broken(small_run, tmp_path, kind):
    shutil.copytree(small_run, tmp_path / "run")
    breaking, words = BAD_RUNS[kind]
    breaking(tmp_path / "run")
    before = snapshot(tmp_path)
    assert_one_line(*command("sample", "--run", "run", "--seed", 1, cwd=tmp_path), words, 2)
    assert snapshot(tmp_path) == before


# Root may read and write everything; without these two capabilities it is like anybody else.
LIKE_ANYBODY = ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]


def as_anybody(*command_line, cwd):
    """Run a command as a user whom permissions bind."""
    prefix = LIKE_ANYBODY if os.geteuid() == 0 else []
    line = [*prefix, sys.executable, "-m", *command_line]
    result = subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config.json", "vocab.json", "best.keras"])
def test_a_run_that_may_not_be_read(small_run, tmp_path, name):
    shutil.copytree(small_run, tmp_path / "run")
    (tmp_path / "run" / name).chmod(0)
    found = as_anybody("tinygpt_keras.sample", "--run", "run", "--seed", "1", cwd=tmp_path)
    assert_one_line(*found, f"{name} may not be read. Allow reading it", 2)


def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o555)
    found = as_anybody("tinygpt_keras.train", "--steps", "4", "--run-dir", "new", cwd=tmp_path)
    assert_one_line(*found, "Permission denied. Allow reading and writing there", 1)


@pytest.mark.parametrize("writes", [0, 1])
def test_a_full_disk_while_resuming(small_run, tmp_path, monkeypatch, writes):
    """The disk is full from some write on."""
    count, flush = itertools.count(), atomic.flush_to_disk

    def full_flush(path):
        if next(count) >= writes:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        flush(path)

    shutil.copytree(small_run, tmp_path / "run")
    shutil.rmtree(tmp_path / "run/checkpoints/40")
    # The two histories are appended to, and the best weights may have been replaced, whole.
    changing = ("events.jsonl", "train.log", *(["best.keras"] if writes else []))
    kept = {name: content for name, content in snapshot(tmp_path).items() if not name.endswith(changing)}
    monkeypatch.setattr(atomic, "flush_to_disk", full_flush)
    status, out, err = command("train", "--resume", "--run-dir", "run", cwd=tmp_path)
    assert (status, out) == (1, "")
    assert "No space left on device. Free some space" in err.splitlines()[-1]
    after = snapshot(tmp_path)
    assert {name: after[name] for name in kept} == kept
    assert open_run(tmp_path / "run").model.count_params() > 0


def test_a_run_is_never_overwritten(small_run, tmp_path):
    shutil.copytree(small_run, tmp_path / "new")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    before = snapshot(tmp_path)
    assert_one_line(*command(*TRAIN, cwd=tmp_path), "new holds a run already. Add --resume", 2)
    flags = [*TRAIN[:-1], "other"]
    assert_one_line(*command(*flags, cwd=tmp_path), "other is a folder with something else in it", 2)
    assert snapshot(tmp_path) == before


def test_runs_of_different_contexts_are_not_scored_together(small_run, copy, tmp_path):
    values = json.loads((copy / "config.json").read_text())
    values["model"]["block_size"] = 32
    edit(copy, "config.json", json.dumps(values))
    found = command("evaluate", "--run", small_run, "--with", copy, cwd=tmp_path)
    assert_one_line(*found, "have different context lengths. Score them one at a time.", 2)


def test_runs_that_are_scored_together_are_others_and_whole(small_run, copy, tmp_path):
    found = command("evaluate", "--run", copy, "--with", small_run, tmp_path / "x/../copy", cwd=tmp_path)
    assert_one_line(*found, "is named twice. Name each run once, including the run of --run.", 2)
    (copy / "best.keras").unlink()
    found = command("evaluate", "--run", small_run, "--with", copy, cwd=tmp_path)
    assert_one_line(
        *found, f"{copy / 'best.keras'} is missing: the run was stopped before its first evaluation. Resume it.", 2
    )


def test_evaluate_and_resume_refuse_a_changed_text(small_run, tmp_path):
    """`--with` refuses a run of another text or other characters; `--data` refuses unknown characters."""
    (tmp_path / "a.txt").write_text("abcdefghijklmnop\n" * 10)
    assert command(*TRAIN, "--data", "a.txt", cwd=tmp_path)[0] == 0
    (tmp_path / "a.txt").unlink()  # the run has its own copy
    assert command("evaluate", "--run", "new", cwd=tmp_path)[0] == 0
    (tmp_path / "new/corpus.txt").write_text("changed " * 20)
    found = command("evaluate", "--run", "new", cwd=tmp_path)
    assert_one_line(*found, "is not the text that new was trained on. Restore it, or give the text to --data.", 2)
    found = command("train", "--resume", "--run-dir", "new", "--steps", 8, cwd=tmp_path)
    assert_one_line(*found, "is not the text that new was trained on. Restore it.", 2)
    (tmp_path / "new/corpus.txt").write_text("abcdefghijklmnop\n" * 10)
    found = command("evaluate", "--run", "new", "--with", small_run, cwd=tmp_path)
    assert_one_line(*found, "have different texts. Score them one at a time.", 2)
    found = command("evaluate", "--run", "new", "--with", small_run, "--data", "new/corpus.txt", cwd=tmp_path)
    assert_one_line(*found, "have different characters. Score them one at a time.", 2)
    (tmp_path / "b.txt").write_text("日本語" * 20)
    found = command("evaluate", "--run", "new", "--data", "b.txt", cwd=tmp_path)
    assert_one_line(*found, "characters that the model has never seen: 日 本 語", 2)
