"""What the model sees is a play as it is printed, and what was said can be taken back and kept."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.histories import ANY_TEXT
from tinygpt_tui.chat.conversation import (
    CONTEXT,
    Conversation,
    Turn,
    load,
    opening,
    save,
    speech,
)

NAMES = ANY_TEXT.filter(lambda name: name and "\n" not in name)
LINES = ANY_TEXT.filter(lambda line: "\n" not in line)


def spoken():
    talk = Conversation()
    talk.say("ROMEO", "But soft!\nWhat light?")
    talk.begin_reply("JULIET").text += "Ay me.\n"
    return talk


def test_the_prompt_is_a_play_in_corpus_format():
    talk = spoken()
    play = "ROMEO:\nBut soft!\nWhat light?\n\nJULIET:\nAy me.\n\n"
    assert talk.context() == play
    assert talk.context("NURSE") == play + "NURSE:\n"
    assert talk.stops() == ["\n\n"]
    assert talk.as_text() == "ROMEO:\nBut soft!\nWhat light?\n\nJULIET:\nAy me.\n"
    assert Conversation().context("NURSE") == "NURSE:\n"
    assert Conversation().context() == ""


def test_what_another_model_wrote_says_so():
    talk = Conversation()
    talk.say("ROMEO", "Ho!")
    talk.begin_reply("JULIET", "small").text += "Ay me.\n"
    assert talk.as_text("small") == "ROMEO:\nHo!\n\nJULIET:\nAy me.\n"
    assert talk.as_text("large") == "ROMEO:\nHo!\n\nJULIET:\nAy me.\n— by small\n"
    assert talk.context() == "ROMEO:\nHo!\n\nJULIET:\nAy me.\n\n"
    free = Conversation(dialogue=False, turns=[Turn("Once", False), Turn(" upon", True, "small"), Turn(" a", True)])
    assert free.as_text("large") == "Once upon\n— by small\n a\n"
    assert free.as_text("small") == "Once upon a\n"


def test_free_text_is_continued_as_it_stands():
    talk = Conversation(dialogue=False)
    talk.say("ROMEO", "Once upon\n")
    talk.begin_reply("JULIET").text += " a time\n\n"
    talk.say("", "there")
    assert talk.context("JULIET") == "Once upon\n a time\n\nthere"
    assert talk.stops() == []
    assert talk.as_text() == "Once upon\n a time\n\nthere\n"


@pytest.mark.parametrize("dialogue", [True, False])
def test_the_newest_part_of_a_long_conversation_is_continued(dialogue):
    talk = Conversation(dialogue)
    for number in range(5000):
        talk.say("ROMEO", f"line {number} ")
    context = talk.context("JULIET")
    assert len(context) == CONTEXT
    assert context.endswith("ROMEO:\nline 4999 \n\nJULIET:\n" if dialogue else "line 4998 line 4999 ")


@given(st.lists(st.tuples(NAMES, LINES), min_size=1, max_size=5))
def test_every_turn_is_one_paragraph_of_the_play(turns):
    talk = Conversation()
    for name, line in turns:
        talk.say(name, line + "\n\n")
    assert talk.context().split("\n\n")[:-1] == [f"{name}:\n{line}".strip("\n") for name, line in turns]


@given(NAMES, ANY_TEXT)
def test_a_turn_splits_into_speaker_and_speech(name, text):
    assert speech(opening(name) + text) == (name, text)


@pytest.mark.parametrize("text", ["", "no speaker", ":\nnobody", "two\nlines:\nand more", "NAME: on one line"])
def test_a_turn_without_a_speaker_is_all_said(text):
    assert speech(opening("") + text) == ("", text)


def test_taking_back_removes_only_a_last_reply():
    talk = spoken()
    assert talk.take_back_reply()
    assert [turn.text for turn in talk.turns] == ["ROMEO:\nBut soft!\nWhat light?"]
    assert not talk.take_back_reply()
    assert len(talk.turns) == 1
    assert not Conversation().take_back_reply()


@given(st.booleans(), st.lists(st.booleans(), max_size=4), NAMES, ANY_TEXT | st.just("A:\nb"), st.integers(0, 3))
def test_taking_back_a_line_removes_its_replies(dialogue, before, name, text, replies):
    talk = Conversation(dialogue)
    talk.turns = [Turn("earlier", written) for written in before]
    talk.say(name, text)
    for _ in range(replies):
        talk.begin_reply(name).text += "reply"
    assert talk.take_back_line() == text
    assert [turn.written for turn in talk.turns] == before


def test_nothing_is_taken_back_where_nothing_was_said():
    talk = Conversation()
    talk.begin_reply("JULIET").text += "Ay me."
    assert talk.take_back_line() is None
    assert len(talk.turns) == 1


CONVERSATIONS = st.lists(
    st.builds(Conversation, st.booleans(), st.lists(st.builds(Turn, ANY_TEXT, st.booleans(), ANY_TEXT), max_size=3)),
    max_size=4,
)


@settings(max_examples=60)
@given(CONVERSATIONS)
def test_conversations_survive_their_file(tmp_path_factory, conversations):
    path = tmp_path_factory.getbasetemp() / "sitting.json"
    save(path, conversations)
    for talk in conversations:
        for turn in talk.turns:  # two halves of a character that come together are that character
            turn.text, turn.by = (
                text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
                for text in (turn.text, turn.by)
            )
    assert load(path) == conversations


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dialogue", "turns", "x"]), inner)
        | st.fixed_dictionaries({"dialogue": inner, "turns": st.lists(st.lists(inner, min_size=2, max_size=2))})
    ),
    max_leaves=8,
)


@settings(max_examples=100)
@given(JSON | st.lists(JSON))
def test_what_is_loaded_is_what_stands_there_or_nothing(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "garbage.json"
    path.write_text(json.dumps(content), "utf-8")
    conversations = load(path)
    if conversations:
        save(path, conversations)
        assert json.loads(path.read_text("utf-8")) == content


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"{}", b"[" * 100_000, b'"turns"', b'[{"dialogue": true}]', b'[{"dialogue": 1, "turns": [[5, 2]]}]'],
)
def test_garbage_is_no_conversation(tmp_path, content):
    (tmp_path / "sitting.json").write_bytes(content)
    assert load(tmp_path / "sitting.json") == []


def test_a_file_that_cannot_be_read_is_no_conversation(tmp_path):
    assert load(tmp_path / "none") == load(tmp_path) == []
