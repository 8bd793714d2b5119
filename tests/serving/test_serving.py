"""The SavedModel works without Keras and without our code, and writes what Python writes."""

import contextlib
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.close_calls import assert_same_text
from tinygpt_keras import export
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.generation import Generator, Knobs
from tinygpt_keras.generation.compiled import PIECE
from tinygpt_keras.generation.sampling import KNOB_TYPES, uniform
from tinygpt_keras.models.open import open_run
from tinygpt_keras.runs.directory import pretrained_run
from tinygpt_keras.serving.model import LONGEST
from tinygpt_keras.text.pipeline import scoring_windows

pytestmark = pytest.mark.slow

PROMPTS = ["ROMEO:\n", "", "é“日x\t", "abcdefghijklmnopqrstuvwxyz " * 12, "\ufeff\u2028", "Ünknown 中 [/]"]
SIZES = [0, 1, 2, 3, 65]
# One row each, over and over; the first alone takes more than one piece.
SETTINGS = [
    {"max_new": PIECE + 6, "temperature": 0.9, "top_k": 0, "top_p": 1.0, "seed": 7},
    {"max_new": 40, "temperature": 0.7, "top_k": 5, "top_p": 0.8, "seed": 11},
    {"max_new": 0, "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 1},
    {"max_new": 30, "temperature": 0.0, "top_k": 0, "top_p": 1.0, "seed": 2},
    {"max_new": 55, "temperature": 1.3, "top_k": 0, "top_p": 0.95, "seed": 3},
]
USUAL = {"max_new": 24, "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 5}
# What no command takes, and the sensible setting that means the same, if there is one.
ODD = [
    *({"temperature": value, "means": {"temperature": 0.0}} for value in (math.nan, -math.inf, -1.0, 1e-40)),
    *({"temperature": value, "means": None} for value in (math.inf, 3e38)),
    *({"top_k": value, "means": {}} for value in (-(2**31), -1, 2**31 - 1)),
    *({"top_p": value, "means": {"temperature": 0.0}} for value in (math.nan, -math.inf, -1.0, 1e-40)),
    *({"top_p": value, "means": {}} for value in (math.inf, 3e38)),
    *({"seed": value, "means": None} for value in (-(2**31), -1, 2**31 - 1)),
    *({"max_new": value, "means": {"max_new": 0}} for value in (-(2**31), -1)),
]
ALONE = [row for row, odd in enumerate(ODD) if set(odd) & {"temperature", "top_p", "max_new"}]
TEXTS = ["First Citizen:\n" * 5, "", "日本", "é“日x\t", "To be, or not to be: that is the question.\n" * 14]


def batch(values, size):
    """As many of them as asked for, from the first on and over and over."""
    return [values[row % len(values)] for row in range(size)]


def columns(prompts, settings):
    return {"prompt": prompts, **{name: [row[name] for row in settings] for name in USUAL}}


def odd_settings(odd):
    return [{**USUAL, **{name: value for name, value in row.items() if name != "means"}} for row in odd]


MIN_P = {**columns(["ROMEO:", "é"], SETTINGS[:2]), "min_p": [0.1, 0.0]}
CALLS = {
    **{f"serving_default {size}": ["serving_default", {"prompt": batch(PROMPTS, size)}] for size in SIZES},
    **{f"generate {size}": ["generate", columns(batch(PROMPTS, size), batch(SETTINGS, size))] for size in SIZES},
    **{f"next_char {size}": ["next_char", {"prompt": batch(PROMPTS, size)}] for size in SIZES},
    **{f"score {size}": ["score", {"text": batch(TEXTS, size)}] for size in SIZES},
    "generate_min_p 2": ["generate_min_p", MIN_P],
    "odd": ["generate", columns(["JULIET:"] * len(ODD), odd_settings(ODD))],
    **{f"odd {row}": ["generate", columns(["JULIET:"], odd_settings([ODD[row]]))] for row in ALONE},
    "too long": ["generate", columns(["x", "y"], [USUAL, {**USUAL, "max_new": LONGEST + 1}])],
}
SINGLE = CALLS["generate 1"]


def ask(folder, calls, *rewrites):
    """What a process with TensorFlow alone finds: the signatures' forms, the answers, foreign modules."""
    result = subprocess.run(
        [sys.executable, Path(__file__).with_name("tensorflow_alone.py"), folder, *rewrites],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module", params=["on", "off"])
def exported(request, small_run, tmp_path_factory):
    """A small model's version folder, exported with XLA or without."""
    out = tmp_path_factory.mktemp("exported") / request.param
    flags = ["--run", str(small_run), "--out", str(out), "--jit-compile", request.param]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert export.main(flags) == 0
    assert printed.getvalue() == f"{out / '1'}\n"
    return out / "1"


@pytest.fixture(scope="module")
def found(exported):
    """What the exported model answered, by name; without XLA first, as TensorFlow Serving is unless it is told."""
    refused = [["xla", False], SINGLE, ["xla", True]] if sys.platform == "linux" else []
    forms, answers, foreign = ask(exported, [*refused, *CALLS.values()])
    first = {"without XLA": answers.pop(0)} if refused else {}
    return {"forms": forms, "foreign": foreign, **first, **dict(zip(CALLS, answers, strict=True))}


@pytest.fixture(scope="module")
def generator(small_run):
    run = open_run(small_run)
    return Generator(run.model, run.tokenizer)


def assert_texts(generator, prompts, settings, answer):
    """Check each text against what Python writes of its prompt alone."""
    assert len(answer["text"]) == len(prompts)
    known = {}
    for prompt, options, text in zip(prompts, settings, answer["text"], strict=True):
        plain = generator.tokenizer.plain(prompt)[0]
        key = (prompt, *options.values())
        if key not in known:
            (known[key],) = generator.generate([prompt], SamplingOptions(**options))
        assert text.startswith(plain)
        chosen = {name: value for name, value in options.items() if name != "max_new"}
        assert_same_text(generator, prompt, (text[len(plain) :], known[key]), **chosen)


@pytest.mark.parametrize("size", SIZES)
def test_any_number_of_prompts_is_continued_as_each_alone(found, generator, size):
    default = {"max_new": 500, "temperature": 0.8, "seed": 0}
    assert_texts(generator, batch(PROMPTS, size), [default] * size, found[f"serving_default {size}"])
    assert_texts(generator, batch(PROMPTS, size), batch(SETTINGS, size), found[f"generate {size}"])


def test_min_p_has_its_own_signature(found, generator):
    settings = [{**row, "min_p": value} for row, value in zip(SETTINGS, MIN_P["min_p"], strict=False)]
    assert_texts(generator, MIN_P["prompt"], settings, found["generate_min_p 2"])


@pytest.mark.parametrize("size", SIZES)
def test_any_number_of_prompts_gets_its_chances(found, generator, size):
    answer = found[f"next_char {size}"]
    assert answer["characters"] == [list(generator.tokenizer.characters)] * size
    expected = [list(generator.next_character(prompt).values()) for prompt in PROMPTS]
    np.testing.assert_allclose(
        np.reshape(answer["probabilities"], (size, 65)), np.reshape(batch(expected, size), (size, 65)), atol=1e-5
    )


@pytest.mark.parametrize("size", SIZES)
def test_any_number_of_texts_is_scored(found, generator, size):
    answer = found[f"score {size}"]
    assert answer["characters"] == batch([len(generator.tokenizer.plain(text)[0]) for text in TEXTS], size)
    expected = [text_loss(generator, generator.tokenizer.plain(text)[0]) for text in TEXTS]
    np.testing.assert_allclose(answer["loss"], batch(expected, size), atol=1e-4)


def text_loss(generator, text):
    """The loss of a text after a newline, by the package's own scoring."""
    if not text:
        return 0.0
    ids = generator.tokenizer.encode("\n" + text)
    return exact_loss(generator.model, scoring_windows(ids, 1, len(ids), generator.model.config.block_size, 8)).loss


def test_only_a_draw_within_rounding_excuses_another_text():
    run = open_run(pretrained_run())
    generator = Generator(run.model, run.tokenizer)
    ranked = sorted(generator.next_character("ROMEO:").items(), key=lambda pair: -pair[1])
    (likeliest, chance), (second, _) = ranked[:2]
    seeds = np.arange(2_000_000)
    away = np.abs(np.asarray(uniform(seeds, np.zeros_like(seeds))) - chance)
    pair = (likeliest, second)
    assert_same_text(generator, "ROMEO:", pair, temperature=1.0, seed=seeds[away < 2e-6][0])
    with pytest.raises(AssertionError, match="no matter of rounding"):
        assert_same_text(generator, "ROMEO:", pair, temperature=1.0, seed=seeds[(away > 1e-3) & (away < 2e-3)][0])


def test_odd_settings_mean_what_they_mean_in_python(found, generator):
    """Alone each goes through XLA, where that is not left out, and in a batch through Grappler."""
    served = found["odd"]["text"]
    for row, (odd, settings) in enumerate(zip(ODD, odd_settings(ODD), strict=True)):
        expected = write(generator, "JULIET:", settings)
        if odd["means"] is not None:
            assert [expected] == generator.generate(["JULIET:"], SamplingOptions(**{**USUAL, **odd["means"]}))
        del settings["max_new"]
        for answer in [served[row], *(found[f"odd {row}"]["text"] if row in ALONE else [])]:
            assert_same_text(generator, "JULIET:", (answer.removeprefix("JULIET:"), expected), **settings)


def write(generator, prompt, settings):
    """What Python writes by settings that no command takes, one piece at most."""
    values = {**settings, "min_p": 0.0}
    knobs = Knobs(*(np.array([values[name]], dtype) for name, dtype in KNOB_TYPES._asdict().items()))
    state = generator._compiled.begin(*generator._prompt_ids([prompt]))
    _, ids = generator._compiled.advance_one(state, PIECE, knobs)
    return generator.tokenizer.decode(np.asarray(ids)[0])[: max(settings["max_new"], 0)]


def test_a_text_that_would_take_all_memory_is_refused(found):
    assert f"max_new is above {LONGEST}" in found["too long"]["error"]


def test_nothing_but_tensorflow_is_needed(found):
    assert found["foreign"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the library's name and the function's are Linux's")
def test_exports_without_jit_serve_single_texts_without_xla(found, exported):
    """An export with XLA fails there with a clear error."""
    if exported.parent.name == "on":
        assert "XLA compilation disabled" in found["without XLA"]["error"]
    else:
        assert found["without XLA"] == found["generate 1"]


def test_signatures_have_the_row_format(found):
    """TensorFlow Serving's `instances` need a leading batch dimension in every input and every output."""
    forms = found["forms"]
    text, numbers, reals = ["string", [None]], ["int32", [None]], ["float32", [None]]
    knobs = {"max_new": numbers, "temperature": reals, "top_k": numbers, "top_p": reals, "seed": numbers}
    assert forms == {
        "serving_default": [{"prompt": text}, {"text": text}],
        "generate": [{"prompt": text, **knobs}, {"text": text}],
        "generate_min_p": [{"prompt": text, **knobs, "min_p": reals}, {"text": text}],
        "next_char": [
            {"prompt": text},
            {"characters": ["string", [None, 65]], "probabilities": ["float32", [None, 65]]},
        ],
        "score": [{"text": text}, {"loss": reals, "characters": numbers}],
    }
    # A name that ends in _bytes would come back as base64.
    assert not [key for parts in forms.values() for part in parts for key in part if key.endswith("_bytes")]


@pytest.mark.serving
@pytest.mark.parametrize(
    "rewrites",
    [
        ["disable_meta_optimizer"],
        ["constant_folding"],
        ["shape_optimization", "function_optimization"],
        ["loop_optimization", "arithmetic_optimization", "remapping"],
    ],
    ids=" ".join,
)
def test_no_rewriting_by_grappler_changes_an_answer(exported, found, generator, rewrites):
    """`python -m pytest -m serving tests/serving/test_serving.py`, which takes minutes."""
    _, answers, _ = ask(exported, list(CALLS.values()), *rewrites)
    for (name, (_, given)), answer in zip(CALLS.items(), answers, strict=True):
        assert answer.keys() == found[name].keys()
        for key in answer.keys() - {"text", "error"}:
            np.testing.assert_array_equal(np.shape(answer[key]), np.shape(found[name][key]))
            if key != "characters":
                np.testing.assert_allclose(answer[key], found[name][key], atol=1e-5)
        for row, pair in enumerate(zip(answer.get("text", []), found[name].get("text", []), strict=True)):
            prompt = given["prompt"][row]
            plain = len(generator.tokenizer.plain(prompt)[0])
            chosen = {key: given[key][row] for key in USUAL if key in given and key != "max_new"}
            assert_same_text(generator, prompt, (pair[0][plain:], pair[1][plain:]), **chosen)


def test_an_export_is_never_overwritten(exported, capsys):
    before = {path: path.stat().st_mtime_ns for path in exported.rglob("*")}
    assert export.main(["--out", str(exported.parent)]) == 2
    assert "exists already. Choose another --out" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in exported.rglob("*")} == before
