"""What is said about the form is computed from its configuration, and the command says the same."""

import dataclasses

import pytest

from tinygpt_keras.config import PRESETS, RunConfig, config_from_flags
from tinygpt_tui.training.findings import Findings, findings
from tinygpt_tui.training.text_facts import TextFacts
from tinygpt_tui.training.workload import workload

FACTS = TextFacts("mine.txt", 100_000, 65)


def config(**changes):
    """The default run, with another training."""
    preset = PRESETS["tiny"]
    return RunConfig("tiny", model=preset.model, training=dataclasses.replace(preset.training, **changes))


@pytest.mark.parametrize(
    ("changes", "facts", "words"),
    [
        ({"steps": 450}, FACTS, "16 windows of 256 = 4,096 characters; 450 steps read the text 20 times."),
        (
            {"steps": 150, "batch_size": 1},
            FACTS,
            "1 window of 256 = 256 characters; 150 steps read the text 0.4 times.",
        ),
        ({"minutes": 2.0}, FACTS, "16 windows of 256 = 4,096 characters."),
        ({}, None, "16 windows of 256 = 4,096 characters."),
    ],
)
def test_a_step_and_all_steps_are_counted(changes, facts, words):
    assert workload(config(**changes), facts) == f"A step reads {words}"


def test_a_step_of_pairs_is_counted():
    facts = TextFacts("dates", 1_254_119, 43, pairs=50_000, training_pairs=45_000)
    dates = config_from_flags("encdec", {}, 1, "dates")
    words = "A step reads 64 pairs of up to 31 characters a side; 800 steps read them all 1.1 times."
    assert workload(dates, facts) == words
    assert workload(dates, None) == "A step reads 64 pairs of up to 31 characters a side."


def test_what_is_wrong_comes_first_at_every_size():
    found = findings(config(), FACTS, ["--data=a b"], "it is wrong", "")
    for size in ((True, False, False), (False, True, False), (False, True, True)):
        assert found.lines(*size).plain.startswith("✗ it is wrong\n! The model is large")
    assert found.size.startswith("804,224 parameters; mine.txt, 100,000 characters")
    assert found.lines(True, False, False).plain.endswith("python -m tinygpt_keras.train --data 'a b'")
    assert "python" not in found.lines(False, True, False).plain
    assert found.lines(False, True, False).plain.endswith("65 logits")
    assert "parameters" not in found.lines(False, True, True).plain


def test_a_text_that_is_being_read_is_named():
    assert findings(config(), None, [], "", "reading mine.txt…").size == "reading mine.txt…"
    assert findings(config(), FACTS, [], "", "reading mine.txt…").size.startswith("804,224")
    assert Findings().lines(True, True, False).plain == ""
