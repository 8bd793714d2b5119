"""A real server answers with what Python writes; `make serving-check` runs this in both ways of exporting."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.close_calls import assert_same_text
from tests.docs.serving import FORM, JSON, ROOT, kserve
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import pretrained_run
from tinygpt_keras.serving.export import export_model
from tinygpt_keras.serving.model import LONGEST

pytestmark = pytest.mark.serving
# Ragged, empty, unknown in part and as a whole, longer than a block, and what plain forms replace.
PROMPTS = ["ROMEO:", "", "é“日x\t", "日本", "First Citizen:\n" * 30, "K", "\ufeff\u2028", "JULIET:\nO", "q" * 65]
ROW = {"prompt": "ROMEO:", "max_new": 40, "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 7}


@pytest.fixture(scope="module")
def run():
    return open_run(pretrained_run())


@pytest.fixture(scope="module", params=["on", "off"])
def jit_compile(request):
    return request.param


@pytest.fixture(scope="module")
def check(run, jit_compile):
    """Check texts against what Python writes of each row alone."""
    generator = Generator(run.model, run.tokenizer, jit_compile=jit_compile == "on")

    def check(rows, texts):
        for row, text in zip(rows, texts, strict=True):
            settings = {name: value for name, value in row.items() if name not in ("prompt", "max_new")}
            options = SamplingOptions(max_new=row["max_new"], **settings)
            (alone,) = generator.generate([row["prompt"]], options)
            plain = run.tokenizer.plain(row["prompt"])[0]
            assert text.startswith(plain)
            assert_same_text(generator, row["prompt"], (alone, text.removeprefix(plain)), **settings)

    return check


@pytest.fixture(scope="module")
def server(run, jit_compile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    exported = export_model(run.model, run.tokenizer, folder / "model", jit_compile == "on")
    with kserve(exported, folder / "server.log") as server:
        yield server


def rows(prompts, **settings):
    return [{**ROW, "seed": seed, **settings, "prompt": prompt} for seed, prompt in enumerate(prompts)]


def body(**request):
    return json.dumps({"signature_name": "generate", **request}).encode()


def test_the_server_needs_neither_keras_nor_us(server):
    server.ask(instances=[{"prompt": "a"}], signature_name="next_char")
    imported = re.findall(r"^import time:.*\| +([\w.]+)$", server.log.read_text(), re.MULTILINE)
    assert "tensorflow" in imported
    assert [name for name in imported if name.partition(".")[0] in ("keras", "tinygpt_keras")] == []


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_single_texts_are_pythons(server, check, content_type):
    row = {**ROW, "top_k": 20, "top_p": 0.9}
    status, answer = server.post(body(instances=[row]), content_type)
    assert (status, list(answer)) == (200, ["predictions"])
    check([row], answer["predictions"])


def test_ragged_batches_are_pythons_texts_alone(server, check):
    batch = rows(PROMPTS)
    batch[1] |= {"max_new": 0}
    batch[5] |= {"max_new": 300, "temperature": 0.0}
    texts = server.ask(signature_name="generate", instances=batch)
    check(batch, texts)
    assert server.ask(signature_name="generate", inputs={name: [row[name] for row in batch] for name in ROW}) == texts


def test_the_default_signature_takes_bare_texts(server, check):
    batch = rows(PROMPTS[:3], max_new=500, seed=0)
    check(batch, server.ask(instances=PROMPTS[:3]))
    check(batch[:1], server.ask(instances=[{"prompt": PROMPTS[0]}]))
    check(batch[1:], server.ask(inputs={"prompt": PROMPTS[1:3]}))


def test_many_rows_are_answered_in_their_order(server, check):
    batch = rows([prompt * 2 for prompt in PROMPTS] * 8, max_new=5)
    check(batch, server.ask(signature_name="generate", instances=batch))


def test_empty_batches_are_answered_by_empty_ones(server):
    assert server.ask(inputs=[]) == []
    assert server.ask(signature_name="generate", inputs={name: [] for name in ROW}) == []
    assert server.ask(signature_name="score", inputs=[]) == {"loss": [], "characters": []}


def test_the_server_drops_invalid_utf8_from_prompts(server, check):
    sent = {"b64": base64.b64encode(b"RO\xffMEO:").decode()}
    check([ROW], server.ask(signature_name="generate", instances=[{**ROW, "prompt": sent}]))


def test_signatures_with_several_outputs_name_them(server, run):
    chances = Generator(run.model, run.tokenizer).next_character("q")
    (answer,) = server.ask(signature_name="next_char", instances=["q"])
    assert answer["characters"] == list(run.tokenizer.characters)
    assert answer["probabilities"] == pytest.approx(list(chances.values()), abs=1e-5)
    assert [row["characters"] for row in server.ask(signature_name="score", instances=["abc", ""])] == [3, 0]


def test_texts_of_clients_at_once_are_not_mixed_up(server, check):
    asked = rows([*PROMPTS, *PROMPTS], max_new=60)
    with ThreadPoolExecutor(len(asked)) as clients:
        answers = list(clients.map(lambda row: server.ask(signature_name="generate", instances=[row]), asked))
    check(asked, [text for (text,) in answers])


MALFORMED = {
    "not JSON": b"{",
    "nothing": b"",
    "not UTF-8": b'{"instances": ["\xff"]}',
    "half of a surrogate pair": rb'{"instances": ["\ud800"]}',
    "nested too deeply": b'{"instances": ' + b"[" * 900 + b"]" * 900 + b"}",
    "not an object": b"[]",
    "neither": body(),
    "both": body(instances=[ROW], inputs={name: [value] for name, value in ROW.items()}),
    "instances that are no list": body(instances=ROW),
    "no instances": body(instances=[]),
    "an unknown signature": body(signature_name="write", instances=[ROW]),
    "a signature's name that is no text": body(signature_name=["generate"], instances=[ROW]),
    "a missing key": body(instances=[{"prompt": "a"}]),
    "a missing key in a later row": body(instances=[ROW, {"prompt": "a"}]),
    "an extra key": body(instances=[{**ROW, "min_p": 0.1}]),
    "a missing column": body(inputs={"prompt": ["a"]}),
    "columns of different lengths": body(inputs={**{name: [value] for name, value in ROW.items()}, "seed": [1, 2]}),
    "a column that is no list": body(inputs=ROW),
    "a bare value for several inputs": body(instances=["a"]),
    "a number beyond float32": body(instances=[{**ROW, "temperature": 1e39}]),
    "a number for a text": body(instances=[{**ROW, "prompt": 1}]),
    "a list for a text": body(instances=[{**ROW, "prompt": ["a"]}]),
    "an object for a text": body(instances=[{**ROW, "prompt": {"text": "a"}}]),
    "null": body(instances=[{**ROW, "prompt": None}]),
    "a text for a number": body(instances=[{**ROW, "seed": "1"}]),
    "a fraction for a whole number": body(instances=[{**ROW, "seed": 1.5}]),
    "a truth value for a number": body(instances=[{**ROW, "temperature": True}]),
    "a whole number too large": body(instances=[{**ROW, "seed": 2**31}]),
    "a text too long": body(instances=[{**ROW, "max_new": LONGEST + 1}]),
    "not base64": body(instances=[{**ROW, "prompt": {"b64": "é"}}]),
    "base64 that is no text": body(instances=[{**ROW, "prompt": {"b64": 1}}]),
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_malformed_requests_are_refused_with_an_error(server, sent):
    for content_type in (JSON, FORM):
        status, answer = server.post(sent, content_type)
        assert (status, list(answer)) == (400, ["error"])
        assert answer["error"]
    assert len(server.ask(signature_name="next_char", instances=["a"])) == 1


def test_another_model_is_not_found(server):
    status, answer = server.post(b"{}", url=server.url.replace("tinygpt", "other"))
    assert (status, list(answer)) == (404, ["error"])


def test_the_documented_requests_have_the_documented_answers(server):
    text = (ROOT / "docs" / "serving.md").read_text("utf-8")
    documented = re.findall(r"```sh\ncurl -d '(.*)' \S+:predict\n```\n\n```json\n(.*)\n```", text)
    assert len(documented) == text.count("curl ")
    for request, answer in documented:
        assert server.post(request.encode(), FORM)[1] == json.loads(answer)
