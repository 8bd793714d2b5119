"""What is shared with the training text is found as a search of every part finds it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection import memorised as module
from tinygpt_keras.inspection.memorised import SortedTexts, memorised, searchable
from tinygpt_keras.inspection.suffix_array import longest_prefix, suffix_array

TEXTS = st.text("ab\n語😀", max_size=60)


@given(TEXTS.filter(len))
def test_suffixes_are_sorted(text):
    assert suffix_array(text).tolist() == sorted(range(len(text)), key=lambda begin: text[begin:])


@pytest.mark.parametrize("text", ["", "a", "a" * 50, "ab" * 25, "\ud800a"])
def test_odd_texts_are_sorted(text):
    assert suffix_array(text).tolist() == sorted(range(len(text)), key=lambda begin: text[begin:])


@given(TEXTS, TEXTS)
def test_the_longest_shared_run_is_found(text, training):
    found = memorised(text, searchable(training))
    parts = (text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1))
    assert found.characters == max((len(part) for part in parts if part in training), default=0)
    run = text[found.begin : found.begin + found.characters]
    assert training[found.place : found.place + found.characters] == run


@given(TEXTS.filter(len), TEXTS)
def test_the_longest_beginning_is_found(text, wanted):
    length, place = longest_prefix(text, suffix_array(text), wanted)
    assert length == max(n for n in range(len(wanted) + 1) if wanted[:n] in text)
    assert text[place : place + length] == wanted[:length]


def test_a_text_of_books_is_searched():
    random = np.random.default_rng(0)
    training = "".join(random.choice(list("abcdefgh "), 200_000))
    found = memorised("xx" + training[77_000:77_256] + "yy", searchable(training))
    assert (found.characters, found.begin, found.place) == (256, 2, 77_000)


def test_a_text_is_sorted_once_until_another_comes():
    sorted_texts = SortedTexts()
    first = sorted_texts.get("to be or not")
    assert sorted_texts.get("".join(["to be ", "or not"])) is first
    assert sorted_texts.get("another text").text == "another text"
    assert sorted_texts.get("to be or not") is not first


def test_a_text_that_is_too_long_is_told(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 10)
    with pytest.raises(InputError, match="has 11 characters, and at most 10 are searched"):
        searchable("a" * 11)
