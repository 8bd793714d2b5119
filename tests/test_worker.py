"""The worker process: what it writes is what `sample` writes, and nothing that is sent to it ends it."""

import errno
import functools
import itertools
import json
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any, cast

import pytest

from tinygpt_keras.client import Client
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.open_models import KEPT, OpenModel, OpenModels
from tinygpt_keras.opening import open_run
from tinygpt_keras.worker_requests import Cancel, Export, Open, RequestError, Write, parse_request
from tinygpt_keras.worker_service import Service, explain

# A worker whose libraries print to standard output wherever they can.
NOISY = """
import os, sys
from tinygpt_keras import worker, worker_service
quiet = worker_service.Service.open
def noisy(service, request):
    print("noise by Python", flush=True)
    os.write(1, b"noise by C")
    os.system("echo noise by a child")
    quiet(service, request)
worker_service.Service.open = noisy
worker.main([])
"""


class Worker:
    """The worker process, spoken to line by line; it is killed where a test would wait forever."""

    def __init__(self, log):
        self.log = log
        with log.open("wb") as errors:
            pipe = subprocess.PIPE
            self.process = subprocess.Popen([sys.executable, "-c", NOISY], stdin=pipe, stdout=pipe, stderr=errors)
        self.number = 0
        self.guard = threading.Timer(200, self.process.kill)
        self.guard.daemon = True
        self.guard.start()

    def send(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, do, **fields):
        self.number += 1
        self.send(json.dumps({"id": self.number, "do": do, **fields}).encode())
        return self.number

    def read(self):
        return json.loads(self.process.stdout.readline())

    def read_until_done(self, *numbers):
        """The answers up to the last one to every request."""
        waiting, answers = set(numbers), []
        while waiting:
            answers.append(self.read())
            if answers[-1]["event"] in ("done", "error"):
                waiting.discard(answers[-1]["id"])
        return answers

    def result(self, do, **fields):
        return self.read_until_done(self.ask(do, **fields))[-1]

    def text(self, **fields):
        answers = self.read_until_done(self.ask("write", **fields))
        assert answers[-1]["event"] == "done", answers
        return written(answers)

    def end(self):
        self.process.stdin.close()
        status = self.process.wait()
        self.guard.cancel()
        self.process.stdout.close()
        return status


def written(answers, number=None):
    """The text of a request, or of all."""
    return "".join(answer.get("text", "") for answer in answers if number in (None, answer["id"]))


@functools.cache
def generator(path, step=None):
    """What writes the texts to compare with."""
    run = open_run(path, step)
    return Generator(run.model, run.tokenizer)


def expected(path, prompt, stops=(), step=None, **options):
    """What `sample` writes for a run, whose weights must not have been replaced."""
    return "".join(generator(path, step).stream(prompt, SamplingOptions(**options), stops))


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    worker = Worker(tmp_path_factory.mktemp("worker") / "log")
    ready = worker.read()
    yield worker
    assert worker.end() == 0
    assert ready == {"event": "ready"}


@pytest.fixture
def copy(small_run, tmp_path):
    """A run that may be changed."""
    shutil.copytree(small_run, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="module")
def retrained(small_run, tmp_path_factory):
    """The same run with other weights."""
    folder = tmp_path_factory.mktemp("retrained") / "run"
    shutil.copytree(small_run, folder)
    other = open_run(small_run)
    for variable in other.model.trainable_variables:
        variable.assign(-variable)
    other.model.save(folder / "best.keras")
    return folder


def replace_weights(run, retrained):
    """Put other weights in the place of the best, as training does."""
    shutil.copyfile(retrained / "best.keras", run / "next.keras")
    (run / "next.keras").replace(run / "best.keras")


def test_opening_describes_the_model_and_standard_output_stays_clean(worker, small_run):
    answer = worker.result("open", run=str(small_run), step=None)
    run = open_run(small_run)
    assert answer == {
        "id": worker.number,
        "event": "done",
        "run": str(small_run),
        "step": None,
        "parameters": run.model.count_params(),
        "characters": "".join(run.tokenizer.characters),
        "block_size": 16,
    }
    log = worker.log.read_text()
    assert all(f"noise by {source}" in log for source in ("Python", "C", "a child"))


def test_texts_are_what_the_generator_writes(worker, small_run):
    options = {"seed": 5, "max_new": 90, "temperature": 0.7, "top_k": 20, "top_p": 0.9, "min_p": 0.01}
    prompt = "‘Thou\tart’ 中 café"
    answers = worker.read_until_done(worker.ask("write", run=str(small_run), prompt=prompt, options=options))
    assert written(answers) == expected(small_run, prompt, **options)
    assert len(answers) > 20
    done = {"id": worker.number, "event": "done", "seed": 5, "dropped": "中", "cancelled": False}
    assert answers[-1] == done
    stops = ["e ", "\n"]
    text = worker.text(run=str(small_run), prompt="a", options=options, stops=stops)
    assert text == expected(small_run, "a", stops, **options)
    assert len(text) < 90


def test_a_seed_that_is_drawn_is_told(worker, small_run):
    answers = worker.read_until_done(worker.ask("write", run=str(small_run), options={"max_new": 40}))
    assert written(answers) == expected(small_run, "", seed=answers[-1]["seed"], max_new=40)
    assert worker.text(run=str(small_run), options={"max_new": 0}) == ""


def test_two_texts_are_written_side_by_side(worker, small_run):
    options = {"seed": 1, "max_new": 60}
    first = worker.ask("write", run=str(small_run), prompt="a", options=options)
    second = worker.ask("write", run=str(small_run), step=20, prompt="a", options=options)
    answers = worker.read_until_done(first, second)
    order = [answer["id"] for answer in answers if answer["event"] == "piece"]
    shared = order[order.index(second) : len(order) - order[::-1].index(first)]
    assert len(shared) > 10
    assert all(one != next_one for one, next_one in itertools.pairwise(shared))
    assert written(answers, first) == expected(small_run, "a", **options)
    assert written(answers, second) == expected(small_run, "a", step=20, **options)
    assert written(answers, first) != written(answers, second)


def test_cancel_ends_a_text_in_the_middle(worker, small_run):
    request = worker.ask("write", run=str(small_run), options={"seed": 1, "max_new": 10**9})
    assert worker.read()["event"] == "piece"
    for _ in range(2):
        worker.ask("cancel", request=request)
    done = worker.read_until_done(request)[-1]
    assert done == {"id": request, "event": "done", "seed": 1, "dropped": "", "cancelled": True}
    assert worker.result("open", run=str(small_run))["event"] == "done"


def test_new_best_weights_are_used_from_the_next_text_on(worker, small_run, copy, retrained):
    options = {"seed": 3, "max_new": 40}
    before = worker.text(run=str(copy), prompt="a", options=options)
    assert before == expected(small_run, "a", **options)
    replace_weights(copy, retrained)
    after = worker.text(run=str(copy), prompt="a", options=options)
    assert after == expected(retrained, "a", **options)
    assert after != before


def test_export_tells_how_far_it_is_and_writes_over_nothing(worker, small_run, tmp_path):
    answers = worker.read_until_done(worker.ask("export", run=str(small_run), out=str(tmp_path / "out")))
    assert [answer["event"] for answer in answers] == ["progress"] * 3 + ["done"]
    assert answers[-1]["path"] == str(tmp_path / "out" / "1")
    assert (tmp_path / "out" / "1" / "saved_model.pb").is_file()
    again = worker.result("export", run=str(small_run), out=str(tmp_path / "out"))
    assert "exists already. Choose another --out" in again["message"]
    options = {"seed": 2, "max_new": 20}
    assert worker.text(run=str(small_run), options=options) == expected(small_run, "", **options)


BAD_LINES = [
    (b"", None, "is not JSON. Send an object a line"),
    (b"\xff\xfe", None, "is not JSON"),
    (b"[" * 100_000, None, "is not JSON"),
    (b"[1]", None, "is no object"),
    (b"{}", None, "id is None. Give it a whole number"),
    (b'{"id": true, "do": "open"}', None, "id is True"),
    (b'{"id": 7}', 7, "do is None. Give it open, write, export or cancel"),
    (b'{"id": 7, "do": ["open"]}', 7, "do is ['open']"),
    (b'{"id": 7, "do": "open"}', 7, "run is None. Give it a text"),
    (b'{"id": 7, "do": "open", "run": "x", "step": 1.5}', 7, "step is 1.5. Give it a whole number"),
    (b'{"id": 7, "do": "write", "run": "x", "prompt": null}', 7, "prompt is None"),
    (b'{"id": 7, "do": "write", "run": "x", "stops": ["a", 1]}', 7, "stops is ['a', 1]. Give it a list of texts"),
    (b'{"id": 7, "do": "write", "run": "x", "options": []}', 7, "options is []. Give it an object"),
    (b'{"id": 7, "do": "write", "run": "x", "options": {"heat": 1}}', 7, "there are no options ['heat']"),
    (b'{"id": 7, "do": "write", "run": "x", "options": {"temperature": NaN}}', 7, "--temperature is nan"),
    (b'{"id": 7, "do": "export", "run": "x"}', 7, "out is None"),
    (b'{"id": 7, "do": "cancel"}', 7, "request is None"),
    (b'{"id": 7, "do": "open", "run": "nowhere"}', 7, "there is no run directory nowhere. Check the path"),
    (b'{"id": 7, "do": "open", "run": "\\u0000"}', 7, "unforeseen ValueError"),
    (b'{"id": 7, "do": "write", "run": "nowhere"}', 7, "there is no run directory nowhere. Check the path"),
    (b'{"id": 7, "do": "export", "run": "nowhere", "out": "x"}', 7, "there is no run directory nowhere"),
]


@pytest.mark.parametrize(("line", "number", "words"), BAD_LINES, ids=lambda value: repr(value)[:60])
def test_a_bad_line_is_answered(worker, line, number, words):
    worker.send(line)
    answer = worker.read()
    while answer["event"] == "progress":
        answer = worker.read()
    assert (answer["id"], answer["event"]) == (number, "error")
    assert words in answer["message"]
    assert "\n" not in answer["message"]


def test_a_checkpoint_that_is_not_there(worker, small_run):
    answer = worker.result("write", run=str(small_run), step=30)
    assert "has no checkpoint of step 30. Choose one of 20, 40." in answer["message"]


def test_the_terminals_interrupt_is_not_for_the_worker(worker, small_run):
    worker.process.send_signal(signal.SIGINT)
    assert worker.result("open", run=str(small_run))["event"] == "done"


@pytest.mark.asyncio
async def test_client_and_worker_together_and_the_end_of_input_ends_it(small_run):
    client = Client()
    await client.start()
    request = client.request("write", run=str(small_run), prompt="a", options={"max_new": 10**9})
    await client.wait_ready()
    async for answer in request:
        assert answer["event"] == "piece"
        break
    await client.close(patience_s=60)
    assert client._process
    assert client._process.returncode == 0


def test_help_and_wrong_flags(capsys):
    from tinygpt_keras.worker import main

    with pytest.raises(SystemExit) as caught:
        main(["--port", "1"])
    assert caught.value.code == 2
    assert "unrecognized arguments: --port 1. Run python -m tinygpt_keras.worker --help" in capsys.readouterr().err


# The rest is asked of the service itself, in this process, where the order of events can be chosen.


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

    monkeypatch.setattr("tinygpt_keras.open_models.open_model", open_model)
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
    assert "TensorFlow could not go on: broken." in explain(tf.errors.InternalError(None, None, "broken"))
    assert capsys.readouterr().err == ""
    assert "unforeseen KeyError. Try again" in explain(KeyError("x"))
    assert "KeyError: 'x'" in capsys.readouterr().err


def test_requests_are_read_with_their_defaults(tmp_path):
    assert parse_request(b'{"id": 1, "do": "open", "run": "r"}') == Open(1, "r", None)
    options = SamplingOptions(temperature=1)
    line = b'{"id": 2, "do": "write", "run": "r", "step": 3, "options": {"temperature": 1, "seed": null}}'
    assert parse_request(line) == Write(2, "r", 3, "", options, [])
    line = json.dumps({"id": 3, "do": "export", "run": "r", "out": str(tmp_path)}).encode()
    assert parse_request(line) == Export(3, "r", tmp_path)
    assert parse_request(b'{"id": 4, "do": "cancel", "request": 2}') == Cancel(4, 2)
    with pytest.raises(RequestError) as caught:
        parse_request(b'{"id": 5, "do": "' + b"x" * 10**6 + b'"}')
    assert len(str(caught.value)) < 200
