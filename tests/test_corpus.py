"""The corpus is exact, and any text can stand in for it."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.corpus import read_corpus, shortest_length, split_point
from tinygpt_keras.errors import InputError


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


def test_byte_order_mark_and_windows_line_ends_go(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf\xef\xbb\xbfone\r\r\ntwo\r\n")
    assert read_corpus(str(tmp_path / "a.txt")).text == "one\ntwo\n"


def test_a_folder_is_read_in_order_of_names(tmp_path):
    for name, text in {
        "b.txt": "second",
        "a.txt": "\ufefffirst\n",
        "c.TXT": "third\n",
        "d.md": "not this",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert read_corpus(str(tmp_path)).text == "first\nsecond\nthird\n"


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("péché\r\n".encode())))
    assert read_corpus("-").text == "péché\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty. Give a text"),
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
