"""The worker's service, asked in this process, where the order of events can be chosen."""

import errno
import json
import re
from typing import Any, cast

import numpy as np
import pytest

from tests.conftest import replace_weights
from tests.worker.asking import receive
from tests.worker_texts import expected, written
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run
from tinygpt_keras.tour.station import Station, Table
from tinygpt_keras.tour.walk import walk
from tinygpt_keras.worker import protocol
from tinygpt_keras.worker.open_models import KEPT, OpenModel, OpenModels
from tinygpt_keras.worker.protocol import (
    Cancel,
    Cancelled,
    Export,
    Exported,
    Failed,
    Inspect,
    Inspected,
    Open,
    Opened,
    Piece,
    Progress,
    Ready,
    RequestError,
    Tour,
    Toured,
    Write,
    Written,
    encode,
    parse_answer,
    parse_request,
)
from tinygpt_keras.worker.service import explain


def test_what_still_waits_is_cancelled_without_being_done(service, said):
    receive(service, 1, "open", run="nowhere")
    receive(service, 2, "write", run="nowhere", options={"seed": 4})
    receive(service, 3, "export", run="nowhere", out="nowhere")
    for number in (1, 2, 3, 99):
        receive(service, 10 + number, "cancel", request=number)
    assert service.is_idle
    assert said == [
        {"id": 1, "event": "cancelled"},
        {"id": 2, "event": "written", "seed": 4, "dropped": "", "cancelled": True, "cut": 0},
        {"id": 3, "event": "cancelled"},
    ]


def test_a_text_keeps_its_weights_to_the_end(service, said, small_run, copy, retrained):
    options = {"seed": 3, "max_new": 40}
    receive(service, 1, "write", run=str(copy), prompt="a", options=options)
    service.work()
    replace_weights(copy, retrained)
    receive(service, 2, "write", run=str(copy), prompt="a", options=options)
    while not service.is_idle:
        service.work()
    assert written(said, 1) == expected(small_run, "a", **options)
    assert written(said, 2) == expected(retrained, "a", **options)
    assert written(said, 2) != written(said, 1)


def test_a_character_is_explained(service, said, small_run):
    receive(service, 1, "inspect", run=str(small_run), prompt="é日", written="ab")
    receive(service, 2, "inspect", run="nowhere")
    receive(service, 3, "inspect", run=str(small_run))
    receive(service, 13, "cancel", request=3)
    while not service.is_idle:
        service.work()
    answers = {answer["id"]: answer for answer in said}
    found = answers[1]
    run = open_run(small_run)
    assert (found["event"], found["context"]) == ("inspected", "eab")
    chances = Generator(run.model, run.tokenizer).next_character("eab")
    # Characters that are equally likely may stand in either order: compared as a map.
    assert dict(found["chances"]) == pytest.approx(chances, abs=2e-6)
    likely = [chance for _, chance in found["chances"]]
    assert likely == sorted(likely, reverse=True)
    assert np.shape(found["attention"]) == (2, 2, 3)
    np.testing.assert_allclose(np.sum(found["attention"], axis=-1), 1, atol=1e-3)
    assert answers[2]["event"] == "error"
    assert answers[3]["event"] == "cancelled"


def test_the_tour_is_taken_on_a_sentence(service, said):
    """A sentence that is empty or too long is refused, and what waits can be cancelled."""
    for number, sentence in enumerate(["To be, or \ud800", "", "x" * 25, "late"], 1):
        receive(service, number, "tour", sentence=sentence)
    receive(service, 9, "cancel", request=4)
    while not service.is_idle:
        service.work()
    answers = {answer["id"]: answer for answer in said}
    stations, unscaled = walk("To be, or \ud800")
    expected = Toured(id=1, stations=stations, unscaled=unscaled)
    assert parse_answer(json.dumps(answers[1]).encode()) == expected
    assert "has 0 characters. Give it between 1 and 24" in answers[2]["message"]
    assert "has 25 characters" in answers[3]["message"]
    assert answers[4]["event"] == "cancelled"


def test_an_answer_that_no_client_would_read_fails(service, said, small_run, monkeypatch):
    """It tells every character of the model, of which there may be a million."""
    monkeypatch.setattr(protocol, "LONGEST_ANSWER", 1000)
    receive(service, 1, "inspect", run=str(small_run), written="ab")
    service.work()
    (failed,) = said
    assert (failed["id"], failed["event"]) == (1, "error")
    assert re.match(r"the answer has 1,\d\d\d bytes, and 1,000 are the most\. Ask about", failed["message"])


def test_a_model_is_reopened_only_for_another_run(copy, retrained):
    """New weights alone do not reopen it; another configuration or step does."""
    models = OpenModels()
    first = models.get(str(copy))
    replace_weights(copy, retrained)
    assert models.get(str(copy)) is first
    assert models.get(str(copy), 40) is not first
    values = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**values, "seed": 12345}))
    second = models.get(str(copy))
    assert second is not first
    assert second.run.config.seed == 12345


def test_the_models_used_last_are_kept(monkeypatch):
    opened = []

    def open_model(directory, step, description, weights):
        opened.append((directory.path.name, step))
        return OpenModel(cast(Any, None), cast(Any, None), description, weights)

    monkeypatch.setattr("tinygpt_keras.worker.open_models.open_model", open_model)
    models = OpenModels()
    names = [str(number) for number in range(KEPT)]
    for name in [*names, "0", "new", "0", "1"]:
        models.get(name)
    assert opened == [(name, None) for name in [*names, "new", "1"]]


def test_unreadable_new_weights_fail_until_restored(service, said, copy):
    receive(service, 1, "open", run=str(copy))
    service.work()
    whole = (copy / "best.keras").read_bytes()
    (copy / "best.keras").write_bytes(whole[:1000])
    receive(service, 2, "write", run=str(copy), options={"max_new": 4})
    service.work()
    (copy / "best.keras").write_bytes(whole)
    receive(service, 3, "open", run=str(copy))
    service.work()
    assert [(answer["id"], answer["event"]) for answer in said] == [(1, "opened"), (2, "error"), (3, "opened")]
    assert "best.keras cannot be used" in said[1]["message"]


def test_every_failure_is_worded(capsys):
    import tensorflow as tf

    full = OSError(errno.ENOSPC, "No space left on device", "/x")
    assert explain(full).startswith("/x: No space left on device. Free some space")
    assert "not enough memory" in explain(MemoryError())
    assert "not enough memory" in explain(tf.errors.ResourceExhaustedError(None, None, "OOM"))
    assert "not enough memory" in explain(tf.errors.InternalError(None, None, "CUDA: out of memory"))
    assert "no space left" in explain(tf.errors.UnknownError(None, None, "/x/v; No space left on device"))
    assert capsys.readouterr().err == ""
    assert "unforeseen KeyError. Try again" in explain(KeyError("x"))
    assert "KeyError: 'x'" in capsys.readouterr().err
    told = "Graph execution error:\n\nDetected at node gather\nindices[0] = 9 is not in [0, 3)"
    assert "unforeseen InvalidArgumentError" in explain(tf.errors.InvalidArgumentError(None, None, told))
    assert "is not in [0, 3)" in capsys.readouterr().err


def test_requests_and_answers_survive_their_line():
    options = SamplingOptions(temperature=1, seed=3)
    requests = [
        Open(run="r\udcff", id=1),
        Write(run="r", step=3, prompt="\ud800", options=options, stops=["a"], id=2),
        Inspect(run="r", written="b", id=3),
        Tour(sentence="\ud800", id=6),
        Export(run="r", out="o", id=4),
        Cancel(request=2, id=5),
    ]
    for request in requests:
        assert parse_request(encode(request)) == request
    table = Table("scores", "scores", [[0.5, None], [1.0, -2.0]])
    answers = [
        Ready(),
        Piece(id=1, text="\ud800"),
        Progress(id=1, message="m"),
        Opened(id=1, run="r", step=None, parameters=3, characters="ab", block_size=8),
        Written(id=1, seed=3, dropped="", cancelled=False),
        Inspected(id=1, context="a", chances=[("a", 1.0)], attention=[[[1.0]]]),
        Toured(id=1, stations={"one_head": Station(table, table, 6e-8, [table])}, unscaled={}),
        Exported(id=1, path="p"),
        Cancelled(id=1),
        Failed(id=1, message="m"),
    ]
    for answer in answers:
        assert parse_answer(encode(answer)) == answer
    assert parse_answer(b'{"event": "other"}') is None
    failed = parse_answer(b'{"id": 3, "event": "written"}')
    assert isinstance(failed, Failed)
    assert failed.id == 3


def test_requests_are_read_with_their_defaults():
    assert parse_request(b'{"id": 1, "do": "open", "run": "r"}') == Open(run="r", id=1)
    assert parse_request(b'{"id": 2, "do": "write", "run": "r", "options": {"temperature": 1, "seed": null}}') == Write(
        run="r", options=SamplingOptions(temperature=1), id=2
    )
    with pytest.raises(RequestError) as caught:
        parse_request(b'{"id": 5, "do": "' + b"x" * 10**6 + b'"}')
    assert len(str(caught.value)) < 400
