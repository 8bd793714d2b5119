"""A run on a text that stays on disk equals one whose text is in memory."""

import json

import pytest

from tests.conftest import SMALL, command
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.events import read_events
from tinygpt_keras.text import content

TEXT = "The quick brown fox jumps over the lazy dog, 敏捷的棕色狐狸.\r\n" * 60


def losses(run):
    """Return the losses of a run, and those of counting."""
    events = list(read_events(RunDirectory(run).events_file))
    return [[event.get(name) for name in ("step", "val_loss", "train_loss", "rungs")] for event in events]


@pytest.mark.slow
def test_a_text_on_disk_trains_scores_and_resumes_as_in_memory(tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_bytes(TEXT.encode())
    train = ("train", *SMALL, "--data", "mine.txt", "--steps", "4", "--run-dir")
    scored = {}
    for name, most in {"memory": content.IN_MEMORY, "disk": 0}.items():
        monkeypatch.setattr(content, "IN_MEMORY", most)
        status, _, err = command(*train, name, cwd=tmp_path)
        assert (status, "reading mine.txt: 0 MB\nencoded 0 MB" in err) == (0, name == "disk")
        status, out, err = command("evaluate", "--run", name, "--json", cwd=tmp_path)
        assert (status, "encoded" in err) == (0, False), "it takes the ids that training kept"
        scored[name] = {**json.loads(out), "run": ""}
        if name == "disk":
            (tmp_path / "disk/cache/ids.npy").write_bytes(b"torn")
        status, _, err = command("train", "--resume", "--run-dir", name, "--steps", 6, cwd=tmp_path)
        assert (status, "encoded" in err) == (0, name == "disk"), "torn ids are written anew"
    assert scored["disk"] == scored["memory"]
    disk, memory = tmp_path / "disk", tmp_path / "memory"
    assert losses(disk) == losses(memory)
    for name in ("corpus.txt", "vocab.json"):
        assert (disk / name).read_bytes() == (memory / name).read_bytes()
    assert {path.name for path in disk.iterdir()} - {path.name for path in memory.iterdir()} == {"cache"}
    (disk / "corpus.txt").write_bytes((disk / "corpus.txt").read_bytes().replace(b"q", b"z", 1))
    for verb in (("evaluate", "--run"), ("train", "--resume", "--steps", "8", "--run-dir")):
        status, _, err = command(*verb, disk, cwd=tmp_path)
        assert status == 2
        assert "corpus.txt is not the text that" in err
