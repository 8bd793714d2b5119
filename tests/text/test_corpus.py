"""The corpus is exact, and any text can stand in for it."""

import errno
import io
import os
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.errors import InputError
from tinygpt_keras.text import content as stored
from tinygpt_keras.text import encodings
from tinygpt_keras.text.content import gathered
from tinygpt_keras.text.corpus import Corpus, read_corpus, shortest_length, split_point
from tinygpt_keras.text.tokenizer import CharTokenizer


@pytest.fixture(autouse=True, scope="module", params=[stored.IN_MEMORY, 0], ids=["in memory", "on disk"])
def in_memory(request):
    """Keep texts in memory in one pass, and on disk in another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "IN_MEMORY", request.param)
        yield


def test_tiny_shakespeare_is_the_published_text():
    corpus = read_corpus()
    assert corpus.sha256 == "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
    assert (len(corpus.text), corpus.train_characters) == (1_115_394, 1_003_854)
    assert corpus.text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n")
    assert len(set(corpus.text)) == 65


@pytest.mark.parametrize("text", ["Война и мир\n", "紅樓夢 第一回\n", "🙂👩‍🚀 done\n", "plain\n"])
def test_any_script_is_read_as_it_is(tmp_path, text):
    (tmp_path / "a.txt").write_text(text, "utf-8")
    assert read_corpus(str(tmp_path / "a.txt")).text == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbf\xef\xbb\xbfone\r\r\ntwo\r\n", "one\ntwo\n"),
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"old\rMac\r\xef\xbb\xbf", "old\rMac\r\ufeff"),
        (b"\r" * 500_000 + b"a\r\r\n", "\r" * 500_000 + "a\n"),  # in linear time
    ],
    ids=["marks", "Windows", "Mac", "long"],
)
def test_byte_order_marks_and_windows_line_ends_go(tmp_path, content, text):
    (tmp_path / "a.txt").write_bytes(content)
    assert read_corpus(str(tmp_path / "a.txt")).text == text


def test_a_folder_is_read_in_order_of_names(tmp_path):
    for name, text in {
        "b.txt": "second",
        "a.txt": "\ufefffirst\n",
        "c.TXT": "third\n",
        "d.md": "not this",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert read_corpus(str(tmp_path)).text == "first\nsecond\nthird\n"


def test_a_folder_corpus_reports_every_skipped_entry(tmp_path):
    for name in ("b.txt", "a.TXT"):
        (tmp_path / name).write_text("some words\n")
    (tmp_path / "empty.txt").write_text("\ufeff", "utf-8")
    for name in ("inner", "folder.txt"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "deep.txt").write_text("never read\n")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "device.txt").symlink_to("/dev/zero")
    (tmp_path / "notes.md").write_text("other words\n")
    corpus = read_corpus(str(tmp_path))
    assert corpus.text == "some words\n" * 3
    assert corpus.files == (
        "3 files read; left out: device.txt (not a file), empty.txt (empty), folder.txt (a folder) and 5 more "
        "(2 broken links, 1 pipe, 1 folder, 1 not .txt)"
    )
    for name in ("device.txt", "empty.txt", "pipe.txt"):
        (tmp_path / name).unlink()
    told = (
        "3 files read; left out: folder.txt (a folder), gone.txt (a broken link), loop.txt (a broken link) and 2 more "
        "(1 folder, 1 not .txt)"
    )
    assert read_corpus(str(tmp_path)).files == told


def test_a_folder_read_whole_tells_how_many_files(tmp_path):
    (tmp_path / "a.txt").write_text("some words\n")
    assert read_corpus(str(tmp_path)).files == "1 file read"
    assert read_corpus(str(tmp_path / "a.txt")).files == ""


def test_a_folder_of_other_things_tells_which(tmp_path):
    (tmp_path / "mine.md").write_text("some words\n")
    with pytest.raises(InputError, match=r"holds no \.txt file to read; left out: mine\.md \(not \.txt\)\. Put the"):
        read_corpus(str(tmp_path))


@pytest.mark.parametrize(("number", "words"), [(errno.EACCES, "may not be read"), (errno.EIO, "cannot be read: Input")])
def test_a_folder_corpus_names_the_unreadable_file(tmp_path, monkeypatch, number, words):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("some words\n")
    opened = Path.open

    def fail(path, *arguments, **options):
        if path.name == "b.txt":
            raise OSError(number, os.strerror(number))  # without a file name, as when reading fails
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(InputError, match=f"^{tmp_path}/b.txt {words}"):
        read_corpus(str(tmp_path))


def test_a_pipe_is_read_to_its_end():
    reader, writer = os.pipe()
    os.write(writer, b"\xef\xbb\xbfsome words\r\n")
    os.close(writer)
    assert read_corpus(f"/dev/fd/{reader}").text == "some words\n"  # what the shell passes for <(…)
    os.close(reader)


def test_a_device_is_refused_as_it_may_never_end():
    with pytest.raises(InputError, match=r"/dev/zero is a device\. Give a file"):
        read_corpus("/dev/zero")


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("péché\r\n".encode())))
    assert read_corpus("-").text == "péché\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty. Give another text"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"abc\0def", "is binary"),
        (b"caf\xe9", r"not UTF-8 \(byte 3 is 0xe9\)"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, words):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_corpus(str(tmp_path / "a.txt"))


def test_a_folder_without_texts_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no \.txt file"):
        read_corpus(str(tmp_path))


@given(st.integers(1, 5000))
def test_the_shortest_length_is_the_shortest(block_size):
    def works(length):
        return split_point(length) >= block_size + 1 and split_point(length) < length

    length = shortest_length(block_size)
    assert works(length)
    assert not works(length - 1)


@given(st.text(max_size=40), st.integers(1, 9))
def test_a_text_is_the_same_in_pieces(text, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "PIECE", size + 3)
        corpus = Corpus("any", gathered([text.encode("utf-8", "replace")], "any"))
        text = corpus.content[:].decode()
        assert "".join(corpus.pieces()) == corpus.text == text
        assert all(0 < len(piece.encode()) <= size + 3 for piece in corpus.pieces())
        assert corpus.characters == len(text)
        if text:
            assert list(corpus.vocabulary) == sorted(set(text))
        assert corpus.excerpt(size, 4) == text[size : size + 4]


def test_long_texts_take_under_four_bytes_per_character(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "PIECE", 2**14)
    characters = 3_000_000
    text = "to be or not to be, that is й🙂\r\n" * (characters // 31)
    (tmp_path / "a.txt").write_bytes(text.encode())
    tracemalloc.start()
    corpus = read_corpus(str(tmp_path / "a.txt"))
    assert len(corpus.sha256) == 64
    ids = CharTokenizer(corpus.vocabulary).encode_pieces(corpus.pieces(), corpus.characters)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(ids) == corpus.characters == len(text) - text.count("\r")
    assert peak < 4 * len(ids)
