"""The worker process: what it writes is what `sample` writes, and nothing that is sent to it ends it."""

import itertools
import json
import math
import signal
import subprocess
import sys
import threading

import pytest

from tests.conftest import replace_weights
from tests.worker_texts import expected, written
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation.generator import STREAMED
from tinygpt_keras.models.open import open_run
from tinygpt_keras.worker.client import Client
from tinygpt_keras.worker.protocol import Piece, Write

pytestmark = pytest.mark.slow

# A worker whose libraries print to standard output wherever they can.
NOISY = """
import os, sys
from tinygpt_keras.worker import __main__ as worker, service
quiet = service.Service.open
def noisy(service, request):
    print("noise by Python", flush=True)
    os.write(1, b"noise by C")
    os.system("echo noise by a child")
    quiet(service, request)
service.Service.open = noisy
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
        self.guard = threading.Timer(900, self.process.kill)
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
            if answers[-1]["event"] not in ("piece", "progress"):
                waiting.discard(answers[-1]["id"])
        return answers

    def result(self, do, **fields):
        return self.read_until_done(self.ask(do, **fields))[-1]

    def text(self, **fields):
        answers = self.read_until_done(self.ask("write", **fields))
        assert answers[-1]["event"] == "written", answers
        return written(answers)

    def end(self):
        self.process.stdin.close()
        status = self.process.wait()
        self.guard.cancel()
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    worker = Worker(tmp_path_factory.mktemp("worker") / "log")
    ready = worker.read()
    yield worker
    assert worker.end() == 0
    assert ready["event"] == "ready"


def test_opening_describes_the_model_and_standard_output_stays_clean(worker, small_run):
    answer = worker.result("open", run=str(small_run), step=None)
    run = open_run(small_run)
    assert answer == {
        "id": worker.number,
        "event": "opened",
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
    assert len(answers) == math.ceil(90 / STREAMED) + 1
    done = {"id": worker.number, "event": "written", "seed": 5, "dropped": "中", "cancelled": False, "cut": 0}
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
    options = {"seed": 1, "max_new": 200}
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
    assert done == {"id": request, "event": "written", "seed": 1, "dropped": "", "cancelled": True, "cut": 0}
    assert worker.result("open", run=str(small_run))["event"] == "opened"


def test_the_next_text_uses_new_best_weights(worker, small_run, copy, retrained):
    options = {"seed": 3, "max_new": 40}
    before = worker.text(run=str(copy), prompt="a", options=options)
    assert before == expected(small_run, "a", **options)
    replace_weights(copy, retrained)
    after = worker.text(run=str(copy), prompt="a", options=options)
    assert after == expected(retrained, "a", **options)
    assert after != before


def test_export_reports_progress_and_overwrites_nothing(worker, small_run, tmp_path):
    answers = worker.read_until_done(worker.ask("export", run=str(small_run), out=str(tmp_path / "out")))
    assert [answer["event"] for answer in answers] == ["progress"] * 3 + ["exported"]
    assert answers[-1]["path"] == str(tmp_path / "out" / "1")
    assert (tmp_path / "out" / "1" / "saved_model.pb").is_file()
    again = worker.result("export", run=str(small_run), out=str(tmp_path / "out"))
    assert "exists already. Choose another --out" in again["message"]
    options = {"seed": 2, "max_new": 20}
    assert worker.text(run=str(small_run), options=options) == expected(small_run, "", **options)


def test_a_begun_export_finishes_without_its_client(small_run, tmp_path):
    worker = Worker(tmp_path / "log")
    worker.ask("export", run=str(small_run), out=str(tmp_path / "out"))
    while "writing its files" not in worker.read().get("message", ""):
        pass
    assert worker.end() == 0
    assert (tmp_path / "out" / "1" / "saved_model.pb").is_file()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1"]


BAD_LINES = [
    (b"", None, "is not JSON. Send an object a line"),
    (b"\xff\xfe", None, "is not JSON"),
    (b"[" * 100_000, None, "is not JSON"),
    (b"[1]", None, "is not valid: Expected `object`, got `array`"),
    (b"{}", None, "missing required field `do`"),
    (b'{"id": true, "do": "open"}', None, "Expected `int`, got `bool`"),
    (b'{"id": 7}', 7, "missing required field `do`"),
    (b'{"id": 7, "do": ["open"]}', 7, "at `$.do`"),
    (b'{"id": 7, "do": "sing"}', 7, "Invalid value 'sing' - at `$.do`"),
    (b'{"id": 7, "do": "open"}', 7, "missing required field `run`"),
    (b'{"id": 7, "do": "open", "run": "x", "stap": 1}', 7, "unknown field `stap`"),
    (b'{"id": 7, "do": "open", "run": "x", "step": 1.5}', 7, "Expected `int | null`, got `float` - at `$.step`"),
    (b'{"id": 7, "do": "write", "run": "x", "prompt": null}', 7, "at `$.prompt`"),
    (b'{"id": 7, "do": "write", "run": "x", "stops": ["a", 1]}', 7, "at `$.stops[1]`"),
    (b'{"id": 7, "do": "write", "run": "x", "options": []}', 7, "at `$.options`"),
    (b'{"id": 7, "do": "write", "run": "x", "options": {"top_k": "all"}}', 7, "at `$.options.top_k`"),
    (b'{"id": 7, "do": "write", "run": "x", "options": {"temperature": NaN}}', 7, "--temperature is nan"),
    (b'{"id": 7, "do": "write", "run": "x", "options": {"heat": 1}}', 7, "there are no options ['heat']"),
    (b'{"do": "open", "run": "x"}', None, "has no id. Give it one"),
    (b'{"id": 7, "do": "\\ud800"}', 7, "is not valid"),
    (b'{"id": 7, "do": "open", "run": "x", "\\ud800": 1}', 7, "is not valid"),
    (b'{"id": 7, "do": "export", "run": "x"}', 7, "missing required field `out`"),
    (b'{"id": 7, "do": "tour"}', 7, "missing required field `sentence`"),
    (b'{"id": 7, "do": "tour", "sentence": ""}', 7, "has 0 characters. Give it between 1 and 24"),
    (b'{"id": 7, "do": "cancel"}', 7, "missing required field `request`"),
    (b'{"id": 7, "do": "open", "run": "nowhere"}', 7, "there is no run directory nowhere. Check the path"),
    (b'{"id": 7, "do": "open", "run": "\\u0000"}', 7, "there is no run directory"),
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
    assert "has no checkpoint of step 30. Choose one of 1, 2, " in answer["message"]


def test_the_terminals_interrupt_is_not_for_the_worker(worker, small_run):
    worker.process.send_signal(signal.SIGINT)
    assert worker.result("open", run=str(small_run))["event"] == "opened"


@pytest.mark.asyncio
async def test_closing_the_client_ends_a_streaming_worker(small_run):
    client = Client()
    await client.start()
    request = client.request(Write(run=str(small_run), prompt="a", options=SamplingOptions(max_new=10**9)))
    await client.wait_ready()
    async for answer in request:
        assert isinstance(answer, Piece)
        break
    await client.close(patience_s=60)
    assert client._process
    assert client._process.returncode == 0


def test_help_and_wrong_flags(capsys):
    from tinygpt_keras.worker.__main__ import main

    assert main(["--port", "1"]) == 2
    assert "unrecognized arguments: --port 1. Run python -m tinygpt_keras.worker --help" in capsys.readouterr().err
