"""Two conversations with a model are kept apart, restored together, and copied where there is none."""

from tinygpt_tui.chat.conversation import Conversation, Turn
from tinygpt_tui.chat.talk import Talk, restore


def said(dialogue, *texts):
    return Conversation(dialogue, [Turn(text, written=False) for text in texts])


def test_the_mode_selects_the_current_conversation():
    talk = Talk()
    assert talk.current is talk.play
    talk.is_play = False
    assert talk.current is talk.free
    assert (talk.play.dialogue, talk.free.dialogue) == (True, False)


def test_only_missing_conversations_are_copied():
    first, second = Talk(said(True, "a"), said(False, "b")), Talk(said(True, "own"))
    second.copy_missing(first)
    assert [turn.text for turn in second.play.turns] == ["own"]
    assert [turn.text for turn in second.free.turns] == ["b"]
    second.free.turns.clear()
    assert first.free.turns


def test_saved_conversations_are_restored_in_pairs():
    talks = Talk(), Talk()
    kept = [said(True, "a"), said(False, "b"), said(True, "c"), said(False, "d")]
    restore(talks, kept)
    assert [talk.both for talk in talks] == [kept[:2], kept[2:]]


def test_what_is_not_a_pair_is_not_restored():
    for kept in ([], [said(True, "a")], [said(False, "a"), said(True, "b")], [said(True, "a"), said(True, "b")]):
        talks = Talk(), Talk()
        restore(talks, kept)
        assert not any(conversation.turns for talk in talks for conversation in talk.both)
