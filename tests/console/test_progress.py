"""The display says where a run stands, and takes any text as text."""

import io
import sys

import pytest

from tinygpt_keras.console.progress import ProgressDisplay, duration, evaluated

START = {
    "event": "start", "step": 0, "resumed": False, "parameters": 1234, "device": "2 CPU cores", "train_characters": 90,
    "val_characters": 10, "rungs": {"uniform": 4.2, "bigram": 2.5, "3-gram": 2.0},
    "config": {"preset": "tiny", "corpus": {"name": "[/]\x1b[31m"}},
}  # fmt: skip
TRAIN = {
    "event": "train",
    "step": 5,
    "loss": 2.0,
    "learning_rate": 0.1,
    "characters_per_s": 12345,
    "eta_s": 61.0,
}
EVAL = {"event": "eval", "step": 5, "train_loss": 2.0, "val_loss": 2.25, "best": True}
SAMPLE = {
    "event": "sample",
    "step": 5,
    "prompt": "\n",
    "text": "[bold]x[/]\x1b[2J\x07",
    "seed": 1,
    "temperature": 1,
}


def painted(steps, minutes, terminal):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    with ProgressDisplay(stream, steps, minutes) as display:
        for event in (START, TRAIN, EVAL, SAMPLE, {"event": "warning", "step": 5, "message": "[/red] low"}):
            display(event)
        display({"event": "unknown", "step": 6})
    return stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(("steps", "minutes"), [(10, None), (None, 2.0)])
def test_text_is_text(monkeypatch, steps, minutes, terminal):
    monkeypatch.setenv("TERM", "xterm")
    shown = painted(steps, minutes, terminal)
    for text in (
        "[/]\u241b[31m",
        "[bold]x[/]\u241b[2J\u2407",
        "warning: [/red] low",
        "validation loss 2.2500",
    ):
        assert text in shown
    assert "\x1b[2J" not in shown
    assert ("\x1b" in shown) == terminal


def test_what_is_printed_meanwhile_stays_out_of_it(capsys):
    stream = io.StringIO()
    stream.isatty = lambda: True
    with ProgressDisplay(stream, 10, None) as display:
        print("for the log", file=sys.stderr)
        display(START)
    assert "for the log" in capsys.readouterr().err
    assert "for the log" not in stream.getvalue()
    assert "1,234 parameters" in stream.getvalue()


def test_a_resumed_run_shows_its_best(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: True
    resumed = {**START, "step": 5, "resumed": True}
    evaluations = [(5, 2.25), (10, 1.25), (10, 2.125), (15, 1.5)]
    before = [{**EVAL, "step": step, "val_loss": loss} for step, loss in evaluations]
    # Step 10 was done twice, and step 15 is done once more.
    with ProgressDisplay(stream, 30, None, [START, *before[:2], resumed, *before[2:]]) as display:
        display({**resumed, "step": 10})
        display({**EVAL, "step": 20, "val_loss": 2.5, "best": False})
    assert "validation loss 2.5000" in stream.getvalue()
    assert "best 2.1250" in stream.getvalue()
    assert "1.5000" not in stream.getvalue()
    assert "1.2500" not in stream.getvalue()


def test_the_rung_that_is_beaten_is_named():
    assert evaluated(EVAL, START["rungs"]).endswith("better than a bigram")
    assert "better" not in evaluated({**EVAL, "val_loss": 4.3}, START["rungs"])
    assert "better" not in evaluated({**EVAL, "val_loss": 4.19999}, START["rungs"])


def test_a_worse_evaluation_also_shows_the_best_one():
    worse = evaluated(EVAL, START["rungs"], (3, 1.875))
    assert worse.endswith("better than a bigram · best 1.8750 at step 3 · better than a 3-gram")
    assert "best" not in evaluated(EVAL, START["rungs"], (5, 2.25))


def test_who_is_level_has_not_won():
    assert evaluated({**EVAL, "val_loss": 2.0}, {"uniform": 4.0, "bigram": 2.0004}).endswith("level with a bigram")


def test_rungs_above_the_previous_one_are_not_beaten():
    stream = io.StringIO()
    with ProgressDisplay(stream, 10, None) as display:
        display({**START, "rungs": {"uniform": 8.69, "bigram": 4.63, "3-gram": 5.29, "4-gram": 5.72}})
        display({**EVAL, "val_loss": 5.0})
    assert "better than guessing blindly" in stream.getvalue()
    assert "gram" not in stream.getvalue()


@pytest.mark.parametrize(("seconds", "words"), [(5, "5 s"), (61, "1 min 1 s"), (3700, "1 h 1 min")])
def test_durations_are_said_as_a_person_would(seconds, words):
    assert duration(seconds) == words
