"""A new run is written whole, or not at all, and never over another."""

import errno

import pytest

from tinygpt_keras import atomic, train
from tinygpt_keras.config import RunConfig
from tinygpt_keras.corpus import Corpus
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs import RunDirectory


@pytest.mark.parametrize("full", ["vocab.json", "corpus.txt", "config.json"])
def test_a_full_disk_leaves_no_half_of_a_run(tmp_path, monkeypatch, full):
    write = atomic.write_text

    def until_full(target, text):
        if target.name == full:
            raise OSError(errno.ENOSPC, "full")
        write(target, text)

    monkeypatch.setattr(atomic, "write_text", until_full)
    with pytest.raises(OSError, match="full"):
        train.write(RunDirectory(tmp_path), RunConfig(), Corpus("mine.txt", "ab"))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_began_meanwhile_is_not_written_over(copy):
    before = {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()}
    with pytest.raises(InputError, match="holds a run already"):
        train.write(RunDirectory(copy), RunConfig(), Corpus("mine.txt", "ab"))
    assert {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()} == before
