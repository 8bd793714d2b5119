"""The SavedModel works without Keras and without our code, and writes what Python writes."""

import json
import subprocess
import sys

import pytest

from tests.conftest import command
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.opening import open_run

PROMPTS = ["ROMEO:\n", "", "é“日x\t", "abcdefghijklmnopqrstuvwxyz" * 4, "KING", "\ufeff\u2028"]
LONG = "To be, or not to be: that is the question.\n" * 50  # more windows than are scored at once
# A process that has TensorFlow, and neither Keras nor anything of ours: it reads calls and prints the answers.
CALLER = """
import importlib.machinery, json, sys

class Without(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        missing = name.partition(".")[0] in ("keras", "tinygpt_keras")
        return None if missing else super().find_spec(name, path, target)

sys.meta_path = [finder for finder in sys.meta_path if finder is not importlib.machinery.PathFinder] + [Without]
sys.path_importer_cache.clear()
import tensorflow as tf

signatures = tf.saved_model.load(sys.argv[1]).signatures
answers = []
for name, arguments in json.load(sys.stdin):
    _, specs = signatures[name].structured_input_signature
    given = {key: tf.constant(value, specs[key].dtype) for key, value in arguments.items()}
    answer = {key: value.numpy().tolist() for key, value in signatures[name](**given).items()}
    answers.append(answer)
forms = {
    name: [
        {key: [spec.dtype.name, spec.shape.as_list()] for key, spec in part.items()}
        for part in (signature.structured_input_signature[1], signature.structured_outputs)
    ]
    for name, signature in signatures.items()
}
foreign = [name for name in sys.modules if name.partition(".")[0] in ("keras", "tinygpt_keras")]
print(json.dumps([forms, answers, foreign], default=lambda value: value.decode()))
"""


@pytest.fixture(scope="module")
def exported(small_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "model"
    status, output, err = command("export", "--run", small_run, "--out", out, cwd=out.parent)
    assert (status, output) == (0, f"{out / '1'}\n"), err
    return out / "1"


# What TensorFlow Serving does unless it is started with --xla_cpu_compilation_enabled.
DISABLING_XLA = """
import ctypes, pathlib, tensorflow

library = next(pathlib.Path(tensorflow.__file__).parent.glob("libtensorflow_cc.so.*"))
getattr(ctypes.CDLL(str(library)), "_ZN10tensorflow21DisableXlaCompilationEv")()
"""


def call(exported, *calls, before=""):
    result = subprocess.run(
        [sys.executable, "-c", before + CALLER, str(exported)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def settings(prompts, max_new=30, temperature=0.9, top_k=0, top_p=1.0, seed=7):
    values = {"max_new": max_new, "temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    return {"prompt": prompts, **{key: [value] * len(prompts) for key, value in values.items()}}


def test_it_answers_without_keras_and_as_python_does(exported, small_run):
    run = open_run(small_run)
    generator = Generator(run.model, run.tokenizer)
    calls = [
        ["generate", settings(PROMPTS)],
        ["generate", settings(PROMPTS[:1], temperature=0.7, top_k=5, top_p=0.8, seed=11)],
        ["generate", {**settings(["K", "R"]), "max_new": [0, 9], "seed": [1, 2]}],
        ["serving_default", {"prompt": ["ROMEO:"]}],
        ["next_char", {"prompt": ["q", ""]}],
        ["score", {"text": ["First Citizen:\n" * 5, "", "日本", LONG]}],
        ["generate", settings([])],
        ["score", {"text": []}],
    ]
    _, answers, foreign = call(exported, *calls)
    assert foreign == []

    def written(prompts, **options):
        plain = [run.tokenizer.plain(prompt)[0] for prompt in prompts]
        texts = generator.generate(prompts, SamplingOptions(**options))
        return [prompt + text for prompt, text in zip(plain, texts, strict=True)]

    assert answers[0]["text"] == written(PROMPTS, max_new=30, temperature=0.9, seed=7)
    assert answers[1]["text"] == written(PROMPTS[:1], max_new=30, temperature=0.7, top_k=5, top_p=0.8, seed=11)
    assert answers[2]["text"] == ["K", *written(["R"], max_new=9, temperature=0.9, seed=2)]
    assert answers[3]["text"] == written(["ROMEO:"], seed=0)

    chances = generator.next_character("q")
    assert answers[4]["characters"][0] == list(run.tokenizer.characters)
    assert answers[4]["probabilities"][0] == pytest.approx(list(chances.values()), abs=1e-5)
    assert sum(answers[4]["probabilities"][1]) == pytest.approx(1, abs=1e-5)

    assert answers[6] == {"text": []}
    assert answers[7] == {"loss": [], "characters": []}
    assert answers[5]["characters"] == [75, 0, 0, len(LONG)]
    assert answers[5]["loss"][1:3] == [0, 0]
    assert answers[5]["loss"][0] == pytest.approx(text_loss(run, "First Citizen:\n" * 5), abs=1e-4)
    assert answers[5]["loss"][3] == pytest.approx(text_loss(run, LONG), abs=1e-4)


def test_the_default_signature_takes_any_number_of_prompts(exported, small_run):
    """Each number after the others, none first: Grappler folded the number of rows to 1, with XLA's branch there."""
    run = open_run(small_run)
    sizes = [0, 3, 1, 2, 65]
    batches = [[PROMPTS[row % len(PROMPTS)] for row in range(size)] for size in sizes]
    _, answers, _ = call(exported, *(["serving_default", {"prompt": prompts}] for prompts in batches))
    generator = Generator(run.model, run.tokenizer)
    for prompts, answer in zip(batches, answers, strict=True):
        texts = generator.generate(prompts, SamplingOptions(seed=0))
        expected = [run.tokenizer.plain(prompt)[0] + text for prompt, text in zip(prompts, texts, strict=True)]
        assert answer["text"] == expected


def text_loss(run, text):
    """The loss of a text after a newline, by the package's own scoring."""
    from tinygpt_keras.pipeline import scoring_windows
    from tinygpt_keras.scoring import exact_loss

    ids = run.tokenizer.encode("\n" + text)
    return exact_loss(run.model, scoring_windows(ids, 1, len(ids), run.config.model.block_size, 8)).loss


def test_signatures_have_the_row_format(exported):
    """TensorFlow Serving's `instances` need a leading batch dimension in every input and every output."""
    forms, _, _ = call(exported)
    text, numbers, reals = ["string", [None]], ["int32", [None]], ["float32", [None]]
    knobs = {"max_new": numbers, "temperature": reals, "top_k": numbers, "top_p": reals, "seed": numbers}
    assert forms == {
        "serving_default": [{"prompt": text}, {"text": text}],
        "generate": [{"prompt": text, **knobs}, {"text": text}],
        "next_char": [
            {"prompt": text},
            {"characters": ["string", [None, 65]], "probabilities": ["float32", [None, 65]]},
        ],
        "score": [{"text": text}, {"loss": reals, "characters": numbers}],
    }
    # A name that ends in _bytes would come back as base64.
    assert not [key for parts in forms.values() for part in parts for key in part if key.endswith("_bytes")]


def test_sample_writes_the_very_text_that_is_served(exported, small_run, tmp_path):
    status, out, _ = command(
        "sample", "--run", small_run, "--prompt", "JULIET:", "--seed", 5, "--max-new", 50, "--temperature", 0.9,
        cwd=tmp_path,
    )  # fmt: skip
    assert status == 0
    _, answers, _ = call(exported, ["generate", settings(["JULIET:", "x"], max_new=50, seed=5)])
    assert answers[0]["text"][0] == out


@pytest.mark.skipif(sys.platform != "linux", reason="the library's name and the function's are Linux's")
def test_a_server_without_xla_writes_single_texts_if_they_are_exported_for_it(exported, small_run, tmp_path):
    asked = ["generate", settings(["ROMEO:"])]
    with pytest.raises(subprocess.CalledProcessError) as refused:
        call(exported, asked, before=DISABLING_XLA)
    assert "XLA compilation disabled" in refused.value.stderr
    flags = ["--run", small_run, "--out", tmp_path / "plain", "--jit-compile", "off"]
    status, _, err = command("export", *flags, cwd=tmp_path)
    assert status == 0, err
    _, (plain,), _ = call(tmp_path / "plain/1", asked, before=DISABLING_XLA)
    run = open_run(small_run)
    options = SamplingOptions(max_new=30, temperature=0.9, seed=7)
    (text,) = Generator(run.model, run.tokenizer, jit_compile=False).generate(["ROMEO:"], options)
    assert plain["text"] == ["ROMEO:" + text]


def test_an_export_is_never_overwritten(exported, small_run, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in exported.rglob("*")}
    status, _, err = command("export", "--run", small_run, "--out", exported.parent, cwd=tmp_path)
    assert status == 2
    assert "exists already. Choose another --out" in err
    assert {path: path.stat().st_mtime_ns for path in exported.rglob("*")} == before
