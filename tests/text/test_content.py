"""A long text stays in its file, and is the same bytes as a short one in memory."""

import errno
import os
import re
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.text import content
from tinygpt_keras.text.content import FileBytes, gathered, parts, plain_lines
from tinygpt_keras.text.corpus import read_corpus


@given(st.lists(st.text("a\r\n\ufeff", max_size=5)))
def test_line_ends_are_plain_wherever_a_text_is_cut(pieces):
    pieces = [piece.encode() for piece in pieces]
    assert b"".join(plain_lines(pieces)) == re.sub(rb"\r+\n", b"\n", b"".join(pieces))


@given(st.lists(st.binary(max_size=5)), st.integers(0, 9), st.slices(20))
def test_bytes_in_a_file_are_those_in_memory(pieces, in_memory, part):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "IN_MEMORY", in_memory)
        patch.setattr(content, "PART", 3)
        whole, found = b"".join(pieces), gathered(pieces, "any")
        assert isinstance(found, FileBytes) == (len(whole) > in_memory)
        assert len(found) == len(whole)
        assert found[part.start : part.stop] == whole[part.start : part.stop]
        assert b"".join(parts(found, 2)) == whole[2:]


@pytest.mark.parametrize("change", [lambda file: file.write(b"b"), lambda file: file.truncate(3)])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch, change):
    monkeypatch.setattr(content, "IN_MEMORY", 0)
    (tmp_path / "a.txt").write_text("abc" * 100)
    os.utime(tmp_path / "a.txt", (1, 1))  # a clock may be too coarse to tell two moments of this test apart
    corpus = read_corpus(str(tmp_path / "a.txt"))
    assert corpus.characters == 300
    with (tmp_path / "a.txt").open("r+b") as file:
        change(file)
    with pytest.raises(InputError, match=f"^{tmp_path}/a.txt was changed while it was read. Try again when"):
        _ = corpus.text


def test_a_temporary_folder_without_room_is_named(monkeypatch):
    class Full:
        """A file on a full disk."""

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(content, "IN_MEMORY", 2)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(TinyGPTError, match=r"has no space left for a copy of the text\. Free some, or set TMPDIR"):
        gathered([b"abc"], "any")
