"""The worker's service, asked in this process, where the order of events can be chosen."""

import errno
import json
from typing import Any, cast

import numpy as np
import pytest

from tests.conftest import replace_weights
from tests.worker_texts import expected, written
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run
from tinygpt_keras.worker.open_models import KEPT, OpenModel, OpenModels
from tinygpt_keras.worker.protocol import Cancel, Export, Inspect, Open, RequestError, Write, parse_request
from tinygpt_keras.worker.service import Service, explain


@pytest.fixture
def said():
    return []


@pytest.fixture
def service(said):
    return Service(lambda number, event, **fields: said.append({"id": number, "event": event, **fields}))


def receive(service, number, do, **fields):
    service.receive(json.dumps({"id": number, "do": do, **fields}).encode())


def test_what_still_waits_is_cancelled_without_being_done(service, said):
    receive(service, 1, "open", run="nowhere")
    receive(service, 2, "write", run="nowhere", options={"seed": 4})
    receive(service, 3, "export", run="nowhere", out="nowhere")
    for number in (1, 2, 3, 99):
        receive(service, 10 + number, "cancel", request=number)
    assert service.is_idle
    assert said == [
        {"id": 1, "event": "done", "cancelled": True},
        {"id": 2, "event": "done", "seed": 4, "dropped": "", "cancelled": True},
        {"id": 3, "event": "done", "cancelled": True},
    ]


def test_a_text_ends_with_the_weights_that_it_began_with(service, said, small_run, copy, retrained):
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


def test_why_a_character_was_written_is_said_in_what_json_can_hold(said, small_run):
    service = Service(lambda number, event, **fields: said.append(json.loads(json.dumps([number, event, fields]))))
    receive(service, 1, "inspect", run=str(small_run), prompt="é日", written="ab")
    receive(service, 2, "inspect", run=str(small_run), written=3)
    receive(service, 3, "inspect", run="nowhere")
    receive(service, 4, "inspect", run=str(small_run))
    receive(service, 14, "cancel", request=4)
    while not service.is_idle:
        service.work()
    answers = {number: (event, fields) for number, event, fields in said}
    event, found = answers[1]
    run = open_run(small_run)
    assert (event, found["context"]) == ("done", "eab")
    chances = Generator(run.model, run.tokenizer).next_character("eab")
    assert found["chances"] == [
        [character, pytest.approx(chance, abs=2e-6)]
        for character, chance in sorted(chances.items(), key=lambda item: -item[1])
    ]
    assert np.shape(found["attention"]) == (2, 2, 3)
    np.testing.assert_allclose(np.sum(found["attention"], axis=-1), 1, atol=1e-3)
    assert answers[2] == ("error", {"message": "written is 3. Give it a text."})
    assert answers[3][0] == "error"
    assert answers[4] == ("done", {"cancelled": True})


def test_a_model_is_opened_anew_only_when_its_run_is_another(copy, retrained):
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


def test_weights_that_cannot_be_read_anew_are_an_error_until_they_can(service, said, copy):
    receive(service, 1, "open", run=str(copy))
    service.work()
    whole = (copy / "best.keras").read_bytes()
    (copy / "best.keras").write_bytes(whole[:1000])
    receive(service, 2, "write", run=str(copy), options={"max_new": 4})
    service.work()
    (copy / "best.keras").write_bytes(whole)
    receive(service, 3, "open", run=str(copy))
    service.work()
    assert [(answer["id"], answer["event"]) for answer in said] == [(1, "done"), (2, "error"), (3, "done")]
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


def test_requests_are_read_with_their_defaults(tmp_path):
    assert parse_request(b'{"id": 1, "do": "open", "run": "r"}') == Open(1, "r", None)
    options = SamplingOptions(temperature=1)
    line = b'{"id": 2, "do": "write", "run": "r", "step": 3, "options": {"temperature": 1, "seed": null}}'
    assert parse_request(line) == Write(2, "r", 3, "", options, [])
    assert parse_request(b'{"id": 6, "do": "inspect", "run": "r"}') == Inspect(6, "r", None, "", "")
    line = b'{"id": 6, "do": "inspect", "run": "r", "step": 3, "prompt": "a", "written": "b"}'
    assert parse_request(line) == Inspect(6, "r", 3, "a", "b")
    line = json.dumps({"id": 3, "do": "export", "run": "r", "out": str(tmp_path)}).encode()
    assert parse_request(line) == Export(3, "r", tmp_path)
    assert parse_request(b'{"id": 4, "do": "cancel", "request": 2}') == Cancel(4, 2)
    with pytest.raises(RequestError) as caught:
        parse_request(b'{"id": 5, "do": "' + b"x" * 10**6 + b'"}')
    assert len(str(caught.value)) < 200
