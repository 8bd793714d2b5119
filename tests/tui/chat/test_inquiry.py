"""Every character that a model wrote can be asked about, with just what the model had before it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.histories import ANY_TEXT
from tinygpt_tui.chat.conversation import CONTEXT, Conversation
from tinygpt_tui.chat.inquiry import Inquiry, Question
from tinygpt_tui.runs.choices import Choice

MODEL = Choice("runs/one", None)


def asked(*replies, dialogue=True, answerer="JULIET"):
    """A conversation in which every line got one of these replies, and what it can be asked."""
    talk, prompts = Conversation(dialogue), []
    for number, reply in enumerate(replies):
        talk.say("ROMEO", f"line {number}")
        prompts.append(talk.context(answerer))
        talk.begin_reply(answerer, MODEL.label).text += reply
    return Inquiry(MODEL, talk), prompts


def test_inquiry_begins_at_the_last_replys_first_character():
    inquiry, prompts = asked("Ay me.\n", "So be it.\nNow go.")
    assert inquiry.question == Question(MODEL, prompts[1], "", "S", "o be it.\nNow go.", "", 7, 24)


@given(st.lists(ANY_TEXT, min_size=1, max_size=4), st.booleans(), st.sampled_from(["", "JULIET"]))
def test_inquiry_visits_exactly_the_written_characters(replies, dialogue, answerer):
    inquiry, prompts = asked(*replies, dialogue=dialogue, answerer=answerer)
    seen = []
    for number in range(inquiry.total):
        inquiry.number = number
        question = inquiry.question
        seen.append((question.prompt, question.written, question.character, question.rest))
    assert seen == [
        (prompt, reply[:place], reply[place], reply[place + 1 :])
        for prompt, reply in zip(prompts, replies, strict=True)
        for place in range(len(reply))
    ]


def test_a_long_conversations_inquiry_keeps_the_sent_prompt():
    inquiry, prompts = asked("a" * CONTEXT, "b")
    assert inquiry.question.prompt == prompts[1]
    assert len(inquiry.question.prompt) == CONTEXT


def test_the_ends_hold():
    inquiry, _ = asked("abc", "def")
    inquiry.move(-1)
    assert inquiry.question.character == "c"
    inquiry.move(-100)
    assert inquiry.question.character == "a"
    inquiry.move(100)
    assert inquiry.question.character == "f"


def test_it_goes_line_by_line_through_all_replies():
    inquiry, _ = asked("Ay me.\nO", "Be it.\nNow.")
    inquiry.move(2)
    characters = []
    for way in (-1, -1, -1, -1, 1, 1, 1, 1):
        inquiry.move_line(way)
        characters.append(inquiry.question.character)
    assert characters == ["B", "O", "A", "A", "O", "B", "N", "."]


def test_where_another_model_wrote_it_says_so():
    inquiry, _ = asked("abc")
    assert Inquiry(Choice("runs/two", None), inquiry.talk).question.author == f"— by {MODEL.label}"


def test_where_nothing_was_written_there_is_nothing_to_ask():
    talk = Conversation()
    talk.say("ROMEO", "Ho!")
    talk.begin_reply("JULIET")
    assert Inquiry(MODEL, talk).replies == []


@given(st.lists(ANY_TEXT, min_size=1, max_size=4), st.booleans(), st.data())
def test_a_passage_has_the_character_after_its_place_and_what_follows(replies, dialogue, data):
    inquiry, _ = asked("Ay", *replies, dialogue=dialogue)
    inquiry.number = data.draw(st.integers(0, inquiry.total - 1))
    question, (_, text, place, _) = inquiry.question, inquiry.subject
    assert text[: place + 1] == question.prompt + question.written
    assert text[place + 1 :].startswith(question.character + question.rest)
    last = inquiry.talk.turns[-1].text
    assert text.endswith(last.strip("\n") if dialogue and last is not inquiry.find()[1].text else last)
