"""What the worker finds inside a model, with the weights that it should have."""

import json

import msgspec
import pytest

from tests.conftest import replace_weights
from tests.worker.asking import receive
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.views import VIEWS, find_surprise
from tinygpt_keras.models.open import open_run
from tinygpt_keras.worker.protocol import Looked, parse_answer

LOOKS = [
    ("next", {}),
    ("next", {"place": 1}),
    ("attention", {"place": 3}),
    ("attention", {"part": "blocks.1.head.0"}),
    ("heads", {}),
    ("surprise", {"without": ["blocks.0"]}),
    ("lens", {"place": 0}),
    ("without", {"without": ["positions", "blocks.1.head.0"]}),
    ("neurons", {"part": "blocks.0.unit.3"}),
]


def test_every_view_is_answered_as_python_does(service, said, small_run):
    """Compiled passes and a text's shared ones find what a fresh model finds."""
    for number, (view, asked) in enumerate(LOOKS):
        receive(service, number, "look", run=str(small_run), text="é\nFirst Cit", view=view, **asked)
    while not service.is_idle:
        service.work()
    run = open_run(small_run)
    for (view, asked), answer in zip(LOOKS, said, strict=True):
        assert answer["event"] == "looked", answer
        expected = VIEWS[view](Subject(run, "e\nFirst Cit").at(**asked), SamplingOptions())
        found = parse_answer(json.dumps(answer).encode())
        assert isinstance(found, Looked)
        assert nearly(msgspec.to_builtins(found.finding), msgspec.to_builtins(expected))


def nearly(found, expected):
    """Whether two findings are the same but for rounding; equally likely characters may stand in either order."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(nearly(found[key], expected[key]) for key in expected)
    if isinstance(expected, list) and expected and isinstance(expected[0], dict) and "character" in expected[0]:
        return [chance["probability"] for chance in found] == pytest.approx(
            [chance["probability"] for chance in expected], abs=1e-4
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(nearly, found, expected))
    return found == pytest.approx(expected, abs=1e-3) if isinstance(expected, float) else found == expected


def test_another_step_is_looked_at_with_its_weights(service, said, copy):
    for number, step in enumerate([None, 20, 40, None]):
        receive(service, number, "look", run=str(copy), text="First", view="surprise", step=step)
    receive(service, 9, "look", run=str(copy), text="First", view="surprise", step=30)
    while not service.is_idle:
        service.work()
    losses = [answer["finding"]["loss"] for answer in said[:4]]
    assert losses[0] == losses[3]
    assert losses[1] != losses[2]
    for step, loss in zip([None, 20, 40], losses, strict=False):
        subject = Subject(open_run(copy, step), "First")
        assert loss == pytest.approx(find_surprise(subject).loss, abs=1e-5)
    assert "has no checkpoint of step 30" in said[4]["message"]


def test_best_weights_that_training_replaces_are_looked_at(service, said, copy, retrained):
    for number in (1, 2):
        receive(service, number, "look", run=str(copy), text="First", view="surprise")
        while not service.is_idle:
            service.work()
        replace_weights(copy, retrained)
    assert said[0]["finding"]["loss"] != said[1]["finding"]["loss"]


def test_a_look_that_cannot_be_is_refused(service, said, small_run):
    for number, asked in enumerate(
        [{"view": "zzz"}, {"place": 99}, {"place": -1}, {"text": "日"}, {"view": "attention", "part": "positions"}]
    ):
        receive(service, number, "look", run=str(small_run), **{"text": "First", **asked})
    while not service.is_idle:
        service.work()
    words = ["no view 'zzz'", "no character 99", "no character -1", "no character that the model", "is no head"]
    for answer, word in zip(said, words, strict=True):
        assert answer["event"] == "error"
        assert word in answer["message"]
