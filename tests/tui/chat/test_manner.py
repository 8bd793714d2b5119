"""Whether a chat begins as a play is measured on the text that the model learned from."""

import dataclasses
import json

import pytest

from tests.tui.conftest import make_run
from tests.tui.histories import event, write_events
from tinygpt_keras.config import CorpusInfo
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_keras.text.corpus import read_corpus
from tinygpt_tui.chat import manner
from tinygpt_tui.chat.manner import is_play, passages, speaks_in_turns

NOVEL = """It was a bright cold day in April, and the clocks were striking.

"Come in," she said: "it is late." He had nothing to say, and said it:
the wind blew, and nobody came to the door.

There were three things on the table: a lamp, a letter, and a knife.
"""
CODE = '''import sys


class Tree:
    """A tree."""

def grow(tree):
    for branch in tree:
        yield branch

try:
    grow(None)

else:
    print("none")
'''
VERSE = """Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May.

So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee.

A third stanza:
is no speech of anybody, though it looks like one.
"""
PLAY = """First Witch:
When shall we three meet again?

Second Witch:
When the hurlyburly's done.

All:
Fair is foul, and foul is fair.
"""
LIST = "To buy:\n- bread\n\nTo do:\n- nothing\n\n"


@pytest.mark.parametrize(("text", "expected"), [(NOVEL, False), (CODE, False), (VERSE, False), (PLAY, True)])
def test_only_turns_of_speakers_make_a_play(text, expected):
    assert speaks_in_turns(text * 40) is expected
    assert speaks_in_turns(text, cut=False) is expected


def test_shakespeare_is_a_play_wherever_one_looks():
    text = read_corpus(None).content.decode()
    assert all(speaks_in_turns(text[place : place + 16_000]) for place in range(0, len(text) - 16_000, 50_000))
    assert speaks_in_turns("too short to tell") is None


@pytest.fixture
def of_text(tmp_path):
    """Make a run that learned from a text, which it may keep, and that wrote some samples."""

    def make(kept, written=(), vocabulary=None):
        path = tmp_path / "one"
        if not path.exists():
            make_run(tmp_path, "one", [])
        config = dataclasses.replace(RunDirectory(path).config(), corpus=CorpusInfo("mine.txt"))
        (path / "config.json").write_text(config.to_json())
        (path / "corpus.txt").unlink(missing_ok=True)
        if kept is not None:
            (path / "corpus.txt").write_text(kept)
        if vocabulary is not None:
            (path / "vocab.json").write_text(json.dumps(vocabulary))
        write_events(path / "events.jsonl", [event("sample", n, text=text) for n, text in enumerate(written)])
        return RunDirectory(path)

    return make


def test_the_text_that_a_run_keeps_decides(of_text):
    assert is_play(pretrained_run())
    for text, expected in ((NOVEL, False), (CODE, False), (VERSE, False), (PLAY, True)):
        assert is_play(of_text(text * 50, [PLAY * 3])) is expected


def test_without_its_text_its_samples_decide(of_text):
    """Without either, the vocabulary: a play needs a colon and a line end."""
    assert is_play(of_text(None, [NOVEL, PLAY * 2, PLAY * 2]))
    assert not is_play(of_text(None, [PLAY, VERSE * 2, NOVEL, VERSE * 2]))
    assert is_play(of_text(None))
    assert not is_play(of_text(None, vocabulary=["\n", "a", "b"]))


def test_a_long_text_is_read_in_passages(of_text, monkeypatch):
    """The preface of a play is prose; bytes that are no text raise nothing."""
    monkeypatch.setattr(manner, "PASSAGE", 400)
    directory = of_text(NOVEL * 10 + PLAY * 200)
    assert len(passages(directory)) <= 400 * manner.PASSAGES
    assert is_play(directory)
    directory.corpus_file.write_bytes(b"\xff\0" * 5000)
    assert is_play(directory), "its vocabulary has a colon"
    directory.corpus_file.unlink()
    directory.corpus_file.symlink_to("/dev/zero")
    assert is_play(directory)
