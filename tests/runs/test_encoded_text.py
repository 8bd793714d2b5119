"""The ids of a long text are kept in the run's cache, and believed only if they are this text's and whole."""

import errno
import hashlib
import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt_keras.config import RunConfig
from tinygpt_keras.runs import encoded_text
from tinygpt_keras.runs.directory import RunDirectory
from tinygpt_keras.runs.encoded_text import encode_run
from tinygpt_keras.text import content, encodings
from tinygpt_keras.text.corpus import Corpus
from tinygpt_keras.text.ids import ALIGNMENT
from tinygpt_keras.text.tokenizer import CharTokenizer

TEXT = "to be or not to be, that is й🙂\n" * 20


@pytest.fixture(autouse=True, scope="module")
def long_texts():
    """Treat every text as a long one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "IN_MEMORY", 0)
        patch.setattr(encodings, "PIECE", 10)
        patch.setattr(encoded_text, "BLOCK", 7)
        yield


def encode(folder, text=TEXT, characters=None, keep=True):
    tokenizer = CharTokenizer(characters or sorted(set(text)))
    return encode_run(RunDirectory(folder), RunConfig(), Corpus("any", text.encode()), tokenizer, keep)


def same(ids, text=TEXT):
    """Whether ids are those of a text that is encoded in memory, and TensorFlow can read them in place."""
    wanted = CharTokenizer.from_text(text).encode_pieces([text], len(text))
    aligned = ids.ctypes.data % ALIGNMENT == 0 and not ids.flags.writeable
    return aligned and ids.dtype == wanted.dtype and np.array_equal(ids, wanted)


@pytest.fixture
def never_encoded(monkeypatch):
    """Fail where a text is encoded again."""
    return lambda: monkeypatch.setattr(encoded_text, "write_ids", None)


@settings(max_examples=20)
@given(st.text(min_size=1), st.sampled_from([0, 300]))
def test_ids_on_disk_are_those_in_memory(tmp_path_factory, text, more):
    text = text.encode("utf-8", "replace").decode() + "".join(map(chr, range(0x10000, 0x10000 + more)))
    folder = tmp_path_factory.mktemp("run")
    assert same(encode(folder, text, keep=False), text)
    assert not list(folder.iterdir())
    assert same(encode(folder, text), text)
    assert same(np.load(folder / "cache/ids.npy", mmap_mode="r"), text)
    assert same(encode(folder, text, keep=False), text)


def test_a_text_is_encoded_once(tmp_path, never_encoded, capsys):
    encode(tmp_path)
    assert "MB/s" in capsys.readouterr().err
    never_encoded()
    assert same(encode(tmp_path))
    assert capsys.readouterr().err == ""


def test_ids_of_another_text_or_vocabulary_are_not_used(tmp_path):
    other = TEXT.replace("b", "h")
    encode(tmp_path)
    assert same(encode(tmp_path, other), other)
    wider = encode(tmp_path, other, sorted({*other, "a", "b"}))
    assert wider.max() == len({*other, "b"}) - 1
    assert same(encode(tmp_path, other), other)


def out_of_range(cache, outside):
    """Write ids beyond the vocabulary, under their right hash."""
    del outside
    content = bytearray((cache / "ids.npy").read_bytes())
    content[-1] = 255
    (cache / "ids.npy").write_bytes(content)
    about = json.loads((cache / "ids.json").read_text())
    (cache / "ids.json").write_text(json.dumps({**about, "ids": hashlib.sha256(content[-len(TEXT) :]).hexdigest()}))


def linked(cache, outside):
    """Move the ids elsewhere, and leave a link to them."""
    (cache / "ids.npy").rename(outside)
    (cache / "ids.npy").symlink_to(outside)


def edited(cache, place, value):
    """Change one byte of the ids."""
    content = bytearray((cache / "ids.npy").read_bytes())
    content[place] = value
    (cache / "ids.npy").write_bytes(content)


DAMAGES = {
    "cut": lambda cache, _: os.truncate(cache / "ids.npy", 300),
    "longer": lambda cache, _: os.truncate(cache / "ids.npy", 10**6),
    "empty": lambda cache, _: os.truncate(cache / "ids.npy", 0),
    "gone": lambda cache, _: (cache / "ids.npy").unlink(),
    "another id": lambda cache, _: edited(cache, -1, 1),
    "another header": lambda cache, _: edited(cache, 20, 0),
    "out of range": out_of_range,
    "linked": linked,
    "a pipe": lambda cache, _: [(cache / "ids.npy").unlink(), os.mkfifo(cache / "ids.npy")],
    "nothing known": lambda cache, _: (cache / "ids.json").unlink(),
    "no hash": lambda cache, _: (cache / "ids.json").write_text("{}"),
    "a list": lambda cache, _: (cache / "ids.json").write_text("[" * 900),
    "too much": lambda cache, _: (cache / "ids.json").write_text(" " * 10**6),
    "a read-only folder": lambda cache, _: [edited(cache, -1, 1), cache.chmod(0o500)],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_ids_are_written_anew(tmp_path, never_encoded, name):
    run, outside = tmp_path / "run", tmp_path / "outside.npy"
    run.mkdir()
    encode(run)
    DAMAGES[name](run / "cache", outside)
    before = outside.read_bytes() if outside.exists() else None
    assert same(encode(run, keep=False))
    assert same(encode(run))
    never_encoded()
    assert same(encode(run))
    assert before is None or outside.read_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))])
def test_an_interrupted_encoding_leaves_nothing(tmp_path, monkeypatch, error):
    def fail(_, text):
        if "🙂" in text:
            raise error
        return np.zeros(len(text), np.int32)

    monkeypatch.setattr(CharTokenizer, "encode", fail)
    with pytest.raises(type(error)) as raised:
        encode(tmp_path)
    assert isinstance(error, KeyboardInterrupt) or raised.value.filename == str(tmp_path / "cache")
    assert not list(tmp_path.iterdir())
