"""Ids are exact, and no prompt is ever an error."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.errors import InputError
from tinygpt_keras.text.ids import ALIGNMENT
from tinygpt_keras.text.tokenizer import CharTokenizer, escape_hint, unfamiliar_notice, unusable_notice

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(texts)
def test_decoding_undoes_encoding(text):
    tokenizer = CharTokenizer.from_text(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    # Computed independently: an id is the index among the sorted distinct characters.
    assert ids.tolist() == [sorted(set(text)).index(character) for character in text]


@given(texts, st.text())
def test_every_prompt_can_be_encoded(text, prompt):
    tokenizer = CharTokenizer.from_text(text)
    plain, dropped = tokenizer.plain(prompt)
    assert tokenizer.decode(tokenizer.encode(plain)) == plain
    assert set(plain) <= set(text)
    assert not set(dropped) & set(text)
    assert set(dropped) <= set(prompt)


@given(texts)
def test_known_text_is_left_as_it_is(text):
    assert CharTokenizer.from_text(text).plain(text) == (text, "")


@pytest.mark.parametrize(
    ("prompt", "plain", "dropped"),
    [
        ("‘Tis “so”", '\'Tis "so"', ""),
        ("café", "cafe", ""),
        ("cafe\u0301", "cafe", ""),
        ("a\tb\r\n", "a b\n", ""),
        ("wait—no–", "wait--no-", ""),
        ("…", "...", ""),
        ("ﬁne", "fine", ""),
        ("日本 a日", " a", "日本"),
        ("\x1b[31m", "31m", "\x1b["),
        ("", "", ""),
    ],
)
def test_prompts_are_mapped_where_that_is_plain(prompt, plain, dropped):
    tokenizer = CharTokenizer.from_text("abcdefghijklmnopqrstuvwxyzT .\n'\"-31")
    assert tokenizer.plain(prompt) == (plain, dropped)


def test_an_accent_that_the_text_writes_apart_is_kept():
    tokenizer = CharTokenizer.from_text("cafe\u0301")
    assert tokenizer.plain("caf\u00e9") == ("cafe\u0301", "")
    assert tokenizer.plain("c\u00e0fe") == ("cafe", "")
    assert tokenizer.plain("caf\u1ebf") == ("cafe", "")  # two accents, of which the vocabulary has one


def test_the_notice_escapes_control_characters_only():
    shown = unfamiliar_notice("\\日'\" \x1b\n\u202e").partition(": ")[2]
    assert shown == "\\ 日 ' \" ' ' \\x1b \\n \\u202e"


@pytest.mark.parametrize(
    ("stops", "possible", "impossible"),
    [
        (["’tis", "“", "caf\u00e9", "\r\n", "a—"], ["'tis", '"', "cafe", "\n", "a--"], {}),
        (["a日", "\\n", "\x7f", "\r"], [], {"a日": "日", "\\n": "\\", "\x7f": "\x7f", "\r": "\r"}),
        (["", "a", ""], ["a"], {}),
    ],
)
def test_stop_strings_are_mapped_but_never_shortened(stops, possible, impossible):
    """They are mapped as prompts are; one with an unknown character is impossible."""
    tokenizer = CharTokenizer.from_text("abcdefghijklmnopqrstuvwxyzT .\n'\"-31")
    assert tokenizer.plain_stops(stops) == (possible, impossible)


@given(texts, st.lists(st.text()))
def test_every_stop_string_either_can_occur_or_is_named(text, stops):
    tokenizer = CharTokenizer.from_text(text)
    possible, impossible = tokenizer.plain_stops(stops)
    assert all(stop and set(stop) <= set(text) for stop in possible)
    assert all(unseen and set(unseen) <= set(stop) for stop, unseen in impossible.items())
    assert len(possible) + sum(stop in impossible for stop in stops) == len([stop for stop in stops if stop])


def test_an_impossible_stop_string_is_reported_with_advice():
    told = unusable_notice("\x1bé日", "日")
    assert told == "--stop '\\x1bé日' can never occur: the model has never seen 日. Give another, or none."
    told = unusable_notice(r"\n", "\\")
    assert told == (
        r"--stop '\n' can never occur: the model has never seen \. For a line end, bash and zsh write $'\n'."
    )


def test_only_an_escape_that_is_not_meant_is_explained():
    assert escape_hint(r"a\tb", "\\") == r"For a tab, bash and zsh write $'\t'."
    assert escape_hint(r"a\nb", "") == escape_hint("a\nb", "日") == escape_hint(r"a\b", "\\") == ""


def test_an_empty_prompt_starts_from_a_newline():
    """Without a newline in the vocabulary it starts from the first character."""
    assert CharTokenizer.from_text("a\nb").start_id == 0
    assert CharTokenizer.from_text("!a b").start_id == 0
    assert CharTokenizer.from_text("ab").start_id == 0
    assert CharTokenizer.from_text("\t\na").start_id == 1


def test_unknown_characters_are_named_by_encode():
    with pytest.raises(InputError, match="'z' is not in the vocabulary"):
        CharTokenizer.from_text("abc").encode("abz")


def test_saving_keeps_every_character(tmp_path):
    tokenizer = CharTokenizer.from_text('a"\\\u2028🙂Ж\n')
    tokenizer.save(tmp_path / "vocab.json")
    assert json.loads((tmp_path / "vocab.json").read_text("utf-8")) == sorted('a"\\\u2028🙂Ж\n')
    assert CharTokenizer.load(tmp_path / "vocab.json").characters == tokenizer.characters


@pytest.mark.parametrize("content", ["", "{", '"ab"', "[]", '["b","a"]', '["a","a"]', '["ab"]', "[1]", "[" * 100_000])
def test_a_vocabulary_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "vocab.json").write_text(content)
    with pytest.raises(InputError, match=r"Restore (it|vocab\.json)"):
        CharTokenizer.load(tmp_path / "vocab.json")


def test_long_texts_take_no_object_for_each_character():
    text = "to be or not to be, that is 🙂\n" * 100_000
    tokenizer = CharTokenizer.from_text(text)
    tokenizer.encode("to")
    tracemalloc.start()
    ids = tokenizer.encode(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ids.dtype == np.int32
    assert peak < 20 * len(text)  # bytes; a Python int takes 28, plus 8 in a list


@given(texts, st.lists(st.integers(1, 5)))
def test_a_text_in_pieces_has_the_same_ids(text, sizes):
    pieces, rest = [], text
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    pieces.append(rest)
    tokenizer = CharTokenizer.from_text(iter(pieces))
    assert tokenizer.characters == CharTokenizer.from_text(text).characters
    assert tokenizer.encode_pieces(pieces, len(text)).tolist() == tokenizer.encode(text).tolist()


@pytest.mark.parametrize(
    ("vocab_size", "dtype"),
    [(1, np.uint8), (256, np.uint8), (257, np.uint16), (2**16, np.uint16), (2**16 + 1, np.int32)],
)
def test_ids_are_as_small_as_the_vocabulary_allows(vocab_size, dtype):
    text = "".join(map(chr, range(0x10000, 0x10000 + vocab_size)))
    ids = CharTokenizer.from_text(text).encode_pieces([text, text], 2 * vocab_size)
    assert ids.dtype == dtype
    assert ids.ctypes.data % ALIGNMENT == 0
    np.testing.assert_array_equal(ids, np.tile(np.arange(vocab_size), 2))


def test_an_unknown_character_in_a_piece_is_named():
    with pytest.raises(InputError, match="'z' is not in the vocabulary"):
        CharTokenizer.from_text("abc").encode_pieces(["ab", "za"], 4)
