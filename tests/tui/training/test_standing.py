"""The sentence on where a run stands is right at every evaluation, and there for any history."""

import io
import json

import pytest
from hypothesis import given, settings

from tests.tui.conftest import recorded
from tests.tui.histories import STRANGE_EVENTS, event
from tinygpt_keras.console.progress import ProgressDisplay, evaluated
from tinygpt_keras.text.ngrams import LEVEL
from tinygpt_tui.runs.history import History
from tinygpt_tui.training.standing import age, figures, numbers, standing

WORDS = {
    "uniform": "guessing blindly",
    "unigram": "counting letters (a unigram)",
    "bigram": "a bigram",
    "3-gram": "a 3-gram",
    "4-gram": "a 4-gram",
}
LANDMARKS = {"nanoGPT's laptop recipe": 1.88, "nanoGPT's GPU recipe": 1.4697}


def test_every_recorded_evaluation_is_placed_among_landmarks():
    """Its sentence names the lowest loss that it beats, and the next one to beat."""
    history, placed = History(), set()
    rungs = recorded()[0]["rungs"]
    for item in recorded():
        history.take(item)
        if item["event"] != "eval":
            continue
        loss, sentence = item["val_loss"], standing(history)
        low, high = loss - LEVEL, loss + LEVEL
        beaten = {value: f"better than {WORDS[name]}" for name, value in rungs.items() if value > high}
        beaten |= {value: f"level with {WORDS[name]}" for name, value in rungs.items() if low <= value <= high}
        beaten |= {value: f"better than {name}" for name, value in LANDMARKS.items() if value > high}
        ahead = {value: f"next is {WORDS[name]} at {value:.3f}" for name, value in rungs.items() if value < low}
        ahead |= {value: f"{name} ended at {value:.2f}" for name, value in LANDMARKS.items() if value < low}
        begin = f"Step {item['step']:,}: validation loss {loss:.3f}"
        middle = f", now {beaten[min(beaten)]}" if beaten else ""
        end = f"; {ahead[max(ahead)]}." if ahead else "."
        assert sentence == begin + middle + end
        short = standing(history, room=70)
        assert short.endswith(".")
        assert len(short) <= 70
        assert sentence.startswith(short[:-1])
        placed.add(middle)
    assert len(placed) >= 3, "the recording climbs past several rungs"


def test_own_text_is_not_compared_with_tiny_shakespeare():
    history = History()
    history.take(event("start", 0, config={"corpus": {"name": "mine.txt"}}, rungs={"uniform": 4.0}))
    history.take(event("eval", 1000, val_loss=3.0))
    assert standing(history) == "Step 1,000: validation loss 3.000, now better than guessing blindly."


def test_a_run_of_pairs_tells_how_many_replies_are_right():
    """The speeches of Shakespeare are not compared with models that continue his text."""
    history = History()
    config = {"task": "dates", "corpus": {"name": "dates"}}
    history.take(event("start", 0, config=config, rungs={"uniform": 3.8, "4-gram": 1.4}))
    assert ("exactly right", "") in figures(history, True, True)
    history.take(event("eval", 100, val_loss=0.5, exact=0.9951))
    assert standing(history) == (
        "Step 100: validation loss 0.500, now better than a 4-gram; 99.5% of held-out replies exactly right."
    )
    for live in (True, False):
        assert ("exactly right", "99.5% of replies") in figures(history, live, live)
    assert len(figures(history, True, True)) == 10, "five rows of two columns"
    history.take(event("start", 0, config={**config, "task": "speeches", "corpus": {"name": "tiny-shakespeare"}}))
    history.take(event("eval", 100, val_loss=1.6))
    assert standing(history) == "Step 100: validation loss 1.600."
    assert "exactly right" not in dict(figures(history, False, False))


def test_who_is_level_has_neither_won_nor_lost():
    history = History()
    history.take(event("start", 0, config={"corpus": {"name": "mine.txt"}}, rungs={"uniform": 4.0, "bigram": 3.0}))
    history.take(event("eval", 0, val_loss=3.99999))
    assert (
        standing(history)
        == "Step 0: validation loss 4.000, now level with guessing blindly; next is a bigram at 3.000."
    )
    history.take(event("eval", 1, val_loss=3.0004))
    assert standing(history) == "Step 1: validation loss 3.000, now level with a bigram."


def test_a_risen_loss_is_shown_beside_its_best(overfitted):
    assert standing(overfitted()) == (
        "Step 240: validation loss 2.178, now better than a bigram; best 1.840 at step 120, better than a 4-gram. "
        "It has been overfitting since step 120."
    )


def test_overfitting_is_told_only_where_it_is(overfitted):
    assert "overfitting" in standing(overfitted(reason="finished"))
    assert "overfitting" in standing(overfitted(val_loss=1.86, warned_at=240)), "the trainer says so"
    assert "overfitting" not in standing(overfitted(val_loss=1.86)), "that is noise"
    assert "overfitting" not in standing(overfitted(train_loss=1.5)), "it does not learn by heart, it gets worse"
    assert "overfitting" not in standing(overfitted(val_loss=1.7, warned_at=240)), "it is better than ever"
    assert "overfitting" not in standing(overfitted(val_loss=1.86, warned_at=60)), "that was before its best"


@pytest.fixture
def overfitted():
    """A run of the preset `quick` on 20 kB of a licence: two evaluations, the second one worse."""

    def make(val_loss=2.178, train_loss=0.53, warned_at=None, reason=None):
        history = History()
        rungs = {"uniform": 4.263, "unigram": 3.03, "bigram": 2.437, "3-gram": 1.935, "4-gram": 1.886}
        history.take(event("start", 0, config={"corpus": {"name": "mine.txt"}}, rungs=rungs))
        history.take(event("eval", 120, val_loss=1.84, train_loss=0.93))
        if warned_at is not None:
            history.take(event("warning", warned_at, message="overfitting began after step 120: the training loss"))
        history.take(event("eval", 240, val_loss=val_loss, train_loss=train_loss))
        if reason:
            history.take(event("end", 240, reason=reason))
        return history

    return make


def test_standing_announces_the_first_evaluation():
    """Of an ended run it says that there was none."""
    history = History()
    assert standing(history).startswith("Starting")
    history.take(recorded()[0])
    assert standing(history, others=90.0) == "Training; the first evaluation comes soon."
    assert standing(history, waited_s=200.0, others=5.0) == "Training; the first evaluation takes long."
    assert standing(history, waited_s=200.0, others=71.3) == (
        "Training; the first evaluation takes long: other programs use 71 % of the cores."
    )
    assert standing(history, live=False) == "It ended before its first evaluation."


def test_standing_names_the_weights_a_run_began_with():
    """It does so until the first evaluation; a resumed run names none."""
    history, counts = History(), {"shared": 63, "new": 1_000, "dropped": 2}
    history.take(event("start", 0, config={"start_from": "/home/me/runs/verse"}, overlap=counts))
    assert standing(history) == (
        "Training from the weights of verse: 63 characters known, 1,000 new with fresh rows, 2 dropped. The first "
        "evaluation comes soon."
    )
    history.take(event("start", 8, config={"start_from": "/home/me/runs/verse"}, overlap=None, resumed=True))
    assert standing(history) == "Training; the first evaluation comes soon."


@settings(max_examples=60)
@given(STRANGE_EVENTS)
def test_no_history_is_an_error(events):
    history = History()
    for item in json.loads(json.dumps(events)):
        history.take(item)
        assert standing(history).endswith(".")


def test_an_ended_run_sums_up_its_time_and_speed():
    """The pause before a resumption does not count; what is unknown is left out."""
    history = History()
    config = {"training": {"steps": 20}}
    for at, step, kind, fields in (
        (100.0, 0, "start", {"config": config}),
        (110.0, 10, "train", {"characters_per_s": 1000.0, "eta_s": 9.0}),
        (500.0, 10, "start", {"config": config, "resumed": True}),
        (530.0, 20, "train", {"characters_per_s": 3000.0, "eta_s": 0.0}),
        (535.0, 20, "end", {"reason": "finished"}),
    ):
        history.take({**event(kind, step, **fields), "time": at})
    assert figures(history, live=False, running=False) == [
        ("step", "20 of 20"),
        ("took", "45 s"),
        ("mean speed", "2,000 characters/s"),
    ]
    assert numbers(history, running=False) == "step 20 of 20 · took 45 s"
    assert dict(figures(history, live=True, running=False))["speed"] == "", "it is not at its steps"
    assert dict(figures(history, live=True, running=True))["speed"] == "3,000 characters/s"


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


def test_losses_have_the_command_line_s_names():
    """A batch's loss is called so; the training loss is the one of the evaluation."""
    history = History()
    history.take(event("start", 0, config={"corpus": {"name": "mine.txt"}}, rungs={}))
    history.take(event("train", 90, loss=2.5, characters_per_s=1000, eta_s=3.0, learning_rate=0.1))
    history.take(event("eval", 100, val_loss=2.0, train_loss=1.9))
    shown = dict(figures(history, live=True, running=True))
    assert (shown["batch loss"], shown["training loss"], shown["validation loss"]) == ("2.500", "1.900", "2.000")
    assert "batch loss 2.500" in numbers(history, running=True)
    assert shown["time left"] == "3 s"
    history.take(event("train", 100, loss=2.4, characters_per_s=1000, eta_s=0.0, learning_rate=0.0))
    assert dict(figures(history, live=True, running=True))["time left"] == "the last evaluation"
    assert "the last evaluation" in numbers(history, running=True)
    display = ProgressDisplay(io.StringIO(), 100, None)
    display.train = {"step": 90, "loss": 2.5, "characters_per_s": 1000, "eta_s": 3.0}
    assert "batch loss 2.5000" in display.status()
    evaluation = {"step": 100, "val_loss": 2.0, "train_loss": 1.9}
    assert "training loss 1.9000" in evaluated(evaluation, {})
