"""The sentence on where a run stands is right at every evaluation, and there for any history."""

import json

import pytest
from hypothesis import given, settings

from tests.tui.conftest import recorded
from tests.tui.state.conftest import STRANGE_EVENTS, event
from tinygpt_tui.state.history import History
from tinygpt_tui.state.standing import age, standing

WORDS = {
    "uniform": "guessing blindly",
    "unigram": "counting letters (a unigram)",
    "bigram": "a bigram",
    "3-gram": "a 3-gram",
    "4-gram": "a 4-gram",
}
LANDMARKS = {"nanoGPT's laptop recipe": 1.88, "nanoGPT's GPU recipe": 1.4697}


def test_every_evaluation_of_a_recorded_run_is_placed_between_what_it_beats_and_what_comes_next():
    history, placed = History(), set()
    rungs = recorded()[0]["rungs"]
    for item in recorded():
        history.take(item)
        if item["event"] != "eval":
            continue
        loss, sentence = item["val_loss"], standing(history)
        beaten = {value: WORDS[name] for name, value in rungs.items() if value > loss}
        beaten |= {value: name for name, value in LANDMARKS.items() if value > loss}
        ahead = {value: f"next is {WORDS[name]} at {value:.3f}" for name, value in rungs.items() if value <= loss}
        ahead |= {value: f"{name} ended at {value:.2f}" for name, value in LANDMARKS.items() if value <= loss}
        begin = f"Step {item['step']:,}: validation loss {loss:.3f}"
        middle = f", now better than {beaten[min(beaten)]}" if beaten else ""
        end = f"; {ahead[max(ahead)]}." if ahead else "."
        assert sentence == begin + middle + end
        placed.add(middle)
    assert len(placed) >= 3, "the recording climbs past several rungs"


def test_a_text_of_ones_own_is_not_compared_with_tiny_shakespeare():
    history = History()
    history.take(event("start", 0, config={"corpus": {"name": "mine.txt"}}, rungs={"uniform": 4.0}))
    history.take(event("eval", 1000, val_loss=3.0))
    assert standing(history) == "Step 1,000: validation loss 3.000, now better than guessing blindly."


def test_who_is_level_has_not_won():
    history = History()
    history.take(event("start", 0, config={"corpus": {"name": "mine.txt"}}, rungs={"uniform": 4.0, "bigram": 3.0}))
    history.take(event("eval", 1, val_loss=3.0))
    words = "Step 1: validation loss 3.000, now better than guessing blindly; next is a bigram at 3.000."
    assert standing(history) == words


def test_before_the_first_evaluation_it_says_what_is_waited_for():
    history = History()
    assert standing(history).startswith("Starting")
    history.take(recorded()[0])
    assert standing(history) == "Training; the first evaluation comes soon."
    assert standing(history, live=False) == "It ended before its first evaluation."


@settings(max_examples=60, deadline=None)
@given(STRANGE_EVENTS)
def test_no_history_is_an_error(events):
    history = History()
    for item in json.loads(json.dumps(events)):
        history.take(item)
        assert standing(history).endswith(".")


MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59.9, "just now"),
        (MINUTE, "1 min"),
        (HOUR - 1, "59 min"),
        (HOUR, "1 h"),
        (DAY - 1, "23 h"),
        (DAY, "1 day"),
        (2 * DAY - 1, "1 day"),
        (2 * DAY, "2 days"),
        (400 * DAY, "400 days"),
    ],
)
def test_ages_are_said_in_one_unit(seconds, words):
    assert age(seconds) == words
