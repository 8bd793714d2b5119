"""A new run is written whole, or not at all, and never over another."""

import errno
import gc
import weakref

import pytest

from tinygpt_keras import atomic, evaluate, train
from tinygpt_keras.config import RunConfig
from tinygpt_keras.errors import InputError
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.text import task_corpus
from tinygpt_keras.text.corpus import Corpus


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt("full")])
@pytest.mark.parametrize("full", ["vocab.json", "corpus.txt", "config.json"])
def test_a_full_disk_or_an_interrupt_leaves_no_half_of_a_run(tmp_path, monkeypatch, full, error):
    write = atomic.write_parts

    def until_full(target, content):
        if target.name == full:
            raise error
        write(target, content)

    monkeypatch.setattr(atomic, "write_parts", until_full)
    with pytest.raises(type(error), match="full"):
        train.write(RunDirectory(tmp_path), RunConfig(), Corpus("mine.txt", b"ab"))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_began_meanwhile_is_not_written_over(copy):
    before = {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()}
    with pytest.raises(InputError, match="holds a run already"):
        train.write(RunDirectory(copy), RunConfig(), Corpus("mine.txt", b"ab"))
    assert {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()} == before


def test_the_text_is_let_go_before_training(tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("abcdefgh" * 100)
    read, kept = task_corpus.read_corpus, []

    def remembered(source, **how):
        corpus = read(source, **how)
        kept.append(weakref.ref(corpus))
        return corpus

    def fit(_, config, ids, group):
        assert group.count == 1
        gc.collect()
        assert [reference() for reference in kept] == [None]
        assert (len(ids), ids.dtype.itemsize) == (config.corpus.characters, 1)
        return "finished"

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(task_corpus, "read_corpus", remembered)
    monkeypatch.setattr(train, "fit", fit)
    assert train.main(["--data", "mine.txt", "--block-size", "8", "--run-dir", "run"]) == 0
    assert len(kept) == 1


def test_which_files_of_a_folder_are_read_is_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("abcdefgh" * 100)
    (tmp_path / "texts" / "\x1b[31m.md").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "fit", lambda *_: "finished")
    assert train.main(["--data", "texts", "--block-size", "8", "--run-dir", "run"]) == 0
    words = "texts: 1 file read; left out: ␛[31m.md (not .txt)\n"
    told = capsys.readouterr()
    assert (told.out, told.err) == ("run\n", words)
    (tmp_path / "texts" / "a.txt").write_text("日\\\u200b")
    assert evaluate.main(["--run", str(pretrained_run().path), "--data", "texts"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{words}error: texts has characters that the model has never seen: \\ \\u200b 日. Score")


@pytest.mark.parametrize(("text", "told"), [("abcdefgh", True), ("abcdefg\\", False)])
def test_backslash_n_in_sample_prompt_gets_a_hint(tmp_path, monkeypatch, capsys, text, told):
    """The hint shows how shells write a line end."""
    (tmp_path / "a.txt").write_text(text * 100)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "fit", lambda *_: "finished")
    assert train.main(["--data", "a.txt", "--block-size", "8", "--run-dir", "run", "--sample-prompt", r"\na"]) == 0
    hint = "--sample-prompt: For a line end, bash and zsh write $'\\n'.\n"
    assert capsys.readouterr().err == (hint if told else "")
