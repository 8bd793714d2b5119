"""Pairs are taken from tables and plays as they stand there, and laid out in rows with padding."""

import itertools
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.config.tasks import PAIRS, SPEECHES, TASKS, TEXT
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.corpus import Corpus, read_corpus
from tinygpt_keras.text.encoded_pairs import encode_pairs, encode_reply, encode_source
from tinygpt_keras.text.made_pairs import LONGEST, MADE, SHORTEST, task_text
from tinygpt_keras.text.pair_batches import pair_batches, scoring_pairs
from tinygpt_keras.text.pairs import Pair, Pairs, cut_notice, cut_pairs_notice, kept_reply, kept_source, read_pairs
from tinygpt_keras.text.task_corpus import task_corpus
from tinygpt_keras.text.tokenizer import CharTokenizer

PLAY = "A:\none\n\nB:\ntwo\nlines\n\nACT II\n\nC:\nthree\n\nD: no\n\nA:\nfour\n\n" + "B:\nfive\n\nA:\nsix\n\n" * 20
FEW = [Pair("abc", "cba"), Pair("b", "b"), Pair("abcabcabc", "cc"), Pair("a", "abcabcabc")]
TOKENIZER = CharTokenizer.from_text("abc")
END, START, PADDING = 3, 4, 5


def of(text, task=PAIRS):
    return read_pairs(task, Corpus("some.tsv" if task == PAIRS else "some.txt", text.encode()))


def test_a_table_is_read_line_by_line():
    found = of("a b\tc\n\n  \n?!\tü\u2028\n" + "x\ty\n" * 8)
    assert found.pairs[:3] == [("a b", "c"), ("?!", "ü\u2028"), ("x", "y")]
    assert (len(found.pairs), found.train) == (10, 9)
    assert found.vocabulary == (" ", "!", "?", "a", "b", "c", "x", "y", "ü", "\u2028")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\tb\nc\nd\te\n", "some.tsv has lines that are no pair: line 2 has 1 column. Write a source"),
        ("a\tb\tc\n\td\ne\t \n", "line 1 has 3 columns; line 2 has an empty source; line 3 has an empty reply"),
        ("a\n" * 9, "line 3 has 1 column, and 6 more lines"),
        ("a\tb\n\t\n", "line 2 has an empty source"),
        ("a\tb\n", "has one pair. Give it at least two"),
        ("\n\n", "has no pairs"),
    ],
)
def test_bad_lines_are_named_by_their_numbers(text, words):
    with pytest.raises(InputError, match=words.replace(".", r"\.")):
        of(text)


def test_the_speeches_of_a_play_answer_each_other():
    found = of(PLAY, SPEECHES)
    assert found.pairs[:2] == [("A:\none", "B:\ntwo\nlines"), ("A:\nfour", "B:\nfive")]
    assert ("C:\nthree", "A:\nfour") not in found.pairs  # something stands between them
    with pytest.raises(InputError, match=r"too few speeches.*NAME:"):
        of("no play\n\nat all\n", SPEECHES)
    assert of(PLAY.replace("A:", "A: "), SPEECHES).pairs[0] == ("A: \none", "B:\ntwo\nlines")


@pytest.mark.parametrize("gap", ["\n\n\n", "\n\n\n\n", "\n \t\n", "\n\n  \n\n"])
def test_any_empty_lines_part_speeches(gap):
    """Each reply is in the split in which it stands; speeches may be indented, and are not judged by their names."""
    speeches = [f"{number} (aside):\n  {'x' * number}" for number in range(1, 20)]
    text = f"\n{gap.join(speeches)}\n\n"
    found = of(text, SPEECHES)
    split = int(0.9 * len(text))
    answered = [(text.index(reply), text.index(reply) + len(reply)) for reply in speeches[1:]]
    kept = [number for number, (first, last) in enumerate(answered) if not first < split < last]
    assert found.pairs == [(speeches[number], speeches[number + 1]) for number in kept]
    assert found.train == sum(last <= split for _, last in answered)


def test_the_files_of_a_folder_do_not_answer_each_other(tmp_path):
    """A GPT's text is what it was: the files, joined."""
    plays = ["A:\none\n\nB:\ntwo\n", "C:\nthree\n\nD:\nfour"] * 20
    for number, play in enumerate(plays):
        (tmp_path / f"{number:02}.txt").write_text(play)
    found = read_pairs(SPEECHES, task_corpus(SPEECHES, str(tmp_path)))
    assert set(found.pairs) == {("A:\none", "B:\ntwo"), ("C:\nthree", "D:\nfour")}
    assert len(found.pairs) in (39, 40)  # the split may lie inside a reply
    assert task_corpus(TEXT, str(tmp_path)).text == "".join(play.rstrip("\n") + "\n" for play in plays)


def test_pairs_are_taken_once_and_go_with_their_corpus():
    corpus = Corpus("some.txt", PLAY.encode())
    found = weakref.ref(read_pairs(SPEECHES, corpus))
    assert read_pairs(SPEECHES, corpus) is found()
    del corpus
    assert found() is None


@pytest.mark.parametrize(
    ("source", "reply", "words"),
    [
        (0, 0, ""),
        (1, 0, "left out, as they do not fit into the context: the first 1 of the source"),
        (0, 12, "left out, as they do not fit into the context: the last 12 of the reply"),
        (1200, 3, "left out, as they do not fit into the context: the first 1,200 of the source and the last 3 of the"),
    ],
)
def test_a_notice_names_what_is_cut(source, reply, words):
    assert cut_notice(source, reply).startswith(words)
    assert bool(words) == bool(cut_notice(source, reply))


def test_a_notice_counts_the_pairs_that_are_cut():
    """A reply just as long as a block loses its end's id alone."""
    pairs = [Pair("abc", "a"), Pair("abca", "a"), Pair("a", "abca"), Pair("a", "abcab")]
    encoded = encode_pairs(Pairs(pairs, 2), TOKENIZER, block_size=4)
    assert [encoded.text(row, TOKENIZER) for row in range(1, 4)] == [("bca", "a"), ("a", "abca"), ("a", "abca")]
    assert cut_pairs_notice(encoded.cut, 1200, 4) == (
        "3 of 1,200 pairs do not fit into the block size, 4, which also holds an end: long sources lose their "
        "beginning, long replies their end"
    )
    assert "1 of 2 pairs does not fit" in cut_pairs_notice(1, 2, 4)


@given(st.text("ab", max_size=12), st.integers(1, 9))
def test_of_a_source_the_end_is_kept_and_of_a_reply_the_beginning(text, block_size):
    room = block_size - 1
    assert (kept_source(text, block_size), kept_reply(text, block_size)) == (
        text if len(text) <= room else text[len(text) - room :],
        text[:block_size],
    )


def test_every_pair_of_tiny_shakespeare_is_a_part_of_it():
    corpus = read_corpus()
    found = read_pairs(SPEECHES, corpus)
    assert len(found.pairs) == 6_991
    assert found.train == 6_090  # the last tenth of the text has shorter speeches
    text, split = corpus.text, corpus.train_characters
    for number in (0, found.train - 1, found.train, len(found.pairs) - 1):
        place = text.index("\n\n".join(found.pairs[number]))
        reply = place + len(found.pairs[number].source) + 2
        assert (reply < split) == (number < found.train)


@pytest.mark.parametrize("name", MADE)
def test_made_pairs_are_right_and_held_out_ones_are_new(name):
    text = task_text(name)
    assert text == task_text(name)
    found = of(text, name)
    assert (len(found.pairs), found.train) == (50_000, 45_000)
    train, rest = found.pairs[: found.train], found.pairs[found.train :]
    if name == "dates":
        assert not {pair.reply for pair in train} & {pair.reply for pair in rest}
        assert all("1000-01-01" <= pair.reply <= "2999-12-31" for pair in found.pairs)
    else:
        assert not {pair.source for pair in train} & {pair.source for pair in rest}
        lengths = {len(pair.source) for pair in found.pairs}
        assert (min(lengths), max(lengths)) == (SHORTEST, LONGEST)
        right = {"reverse": lambda word: word[::-1], "sort": lambda word: "".join(sorted(word))}[name]
        assert all(pair.reply == right(pair.source) for pair in found.pairs)
    longest = max(len(part) for pair in found.pairs for part in pair)
    assert longest < TASKS[name].changes["block_size"]


def dated(year, month, day):
    import datetime

    from tinygpt_keras.text.made_pairs import notations

    date = datetime.date(year, month, day)
    return [(notation, date.isoformat()) for notation in notations(date)]


def test_each_notation_of_a_date():
    assert [source for source, _ in dated(1607, 5, 3)] == [
        *("3rd of May 1607", "3 May 1607", "May 3, 1607", "5/3/1607", "3.5.1607")
    ]
    assert [dated(2001, 1, day)[0][0].split()[0] for day in (1, 2, 11, 12, 13, 21, 22, 30, 31)] == [
        *("1st", "2nd", "11th", "12th", "13th", "21st", "22nd", "30th", "31st")
    ]


def test_rows_hold_a_pair_its_marks_and_padding():
    encoded = encode_pairs(Pairs(FEW, 3), TOKENIZER, block_size=6)
    assert (len(encoded), encoded.cut, encoded.widths) == (4, 2, (6, 6))
    source, reply, targets, weights = encoded.take([0, 2, 3])
    assert source.tolist() == [[0, 1, 2, END, 5, 5], [1, 2, 0, 1, 2, END], [0, END, 5, 5, 5, 5]]
    assert reply.tolist() == [[START, 2, 1, 0, 5, 5], [START, 2, 2, 5, 5, 5], [START, 0, 1, 2, 0, 1]]
    assert targets.tolist() == [[2, 1, 0, END, 0, 0], [2, 2, END, 0, 0, 0], [0, 1, 2, 0, 1, 2]]  # cut: it goes on
    assert weights.tolist() == [[1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]]
    assert encoded.text(2, TOKENIZER) == Pair("bcabc", "cc")


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.text("abc", min_size=1)), min_size=2), st.integers(2, 40))
def test_any_pairs_come_back_from_their_rows(pairs, block_size):
    encoded = encode_pairs(Pairs([Pair(*pair) for pair in pairs], 1), TOKENIZER, block_size)
    source, reply, targets, weights = encoded.take(np.arange(len(pairs)))
    for number, (said, answered) in enumerate(pairs):
        kept = said[-(block_size - 1) :]
        assert source[number].tolist()[: len(kept) + 1] == [*TOKENIZER.encode(kept), END]
        ids = [START, *TOKENIZER.encode(answered), END][: block_size + 1]
        alone = encode_source(said, TOKENIZER, block_size), encode_reply(answered, TOKENIZER, block_size)
        assert [part.tolist() for part in alone] == [source[number].tolist()[: len(kept) + 1], ids]
        assert reply[number][weights[number] > 0].tolist() == ids[:-1]
        assert targets[number][weights[number] > 0].tolist() == ids[1:]
    assert weights.sum() == sum(min(len(answered) + 1, block_size) for _, answered in pairs)


def first(encoded, count, **arguments):
    batches = pair_batches(encoded, **{"batch_size": 3, "seed": 5, **arguments})
    return [[np.asarray(part) for part in (*x, y, w)] for x, y, w in itertools.islice(batches, count)]


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_batch_depends_on_seed_and_step_alone(noise):
    encoded = encode_pairs(Pairs(FEW, 3), TOKENIZER, block_size=8)
    whole = first(encoded, 8, input_noise=noise)
    for ours, theirs in zip(whole[5:], first(encoded, 3, first_step=5, input_noise=noise), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert any(np.any(a[0] != b[0]) for a, b in zip(whole, first(encoded, 8, seed=6), strict=True))
    held_out = encoded.take([3])[1][0]
    for source, reply, targets, weights in whole:
        assert {part.shape for part in (source, reply, targets, weights)} == {(3, 8)}
        assert not (reply == held_out).all(axis=1).any()
        np.testing.assert_array_equal(reply[:, 0], START)
        np.testing.assert_array_equal(reply == PADDING, weights == 0)


def test_noise_replaces_characters_of_the_inputs_alone():
    encoded = encode_pairs(Pairs([Pair("abc", "abcabcabcabc")] * 4, 3), TOKENIZER, block_size=20)
    plain, noisy = first(encoded, 20), first(encoded, 20, input_noise=0.5)
    changed = np.stack([a[1] != b[1] for a, b in zip(plain, noisy, strict=True)])
    assert not changed[:, :, 0].any()
    assert 0.25 < changed[:, :, 1:13].mean() < 0.42  # a third of the strangers are no change
    for a, b in zip(plain, noisy, strict=True):
        for part in (0, 2, 3):
            np.testing.assert_array_equal(a[part], b[part])


def test_scoring_takes_each_held_out_pair_once():
    encoded = encode_pairs(Pairs(FEW * 5, 7), TOKENIZER, block_size=6)
    scored = scoring_pairs(encoded, 7, 20, batch_size=4)
    batches = list(scored)
    assert len(scored) == len(batches) == 4
    expected = encoded.take(np.arange(7, 20))
    for place, part in enumerate(expected[:2]):
        np.testing.assert_array_equal(np.concatenate([x[place] for x, _, _ in batches]), part)
    few = scoring_pairs(encoded, 7, 20, batch_size=4, at_most=20)
    assert 2 <= len(few.rows) <= 8
    assert set(few.rows) <= set(range(7, 20))
