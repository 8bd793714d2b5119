"""What the worker writes, explains and finds with a model that replies, is what Python does with it."""

import dataclasses
import json

import msgspec
import numpy as np
import pytest

from tests.inspection.small import TOKENIZER, small_model
from tests.worker.asking import receive
from tests.worker.test_viewers import nearly
from tinygpt_keras.config import PRESETS, RunConfig, SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.inspection.forward import run_with_cache
from tinygpt_keras.inspection.reading import read_pair
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.views import VIEWS
from tinygpt_keras.models.open import open_run
from tinygpt_keras.text.pairs import END, START

pytestmark = pytest.mark.slow

SOURCE = "bad cab"
LOOKS = [("next", {}), ("attention", {"place": 1}), ("surprise", {}), ("lens", {})]


def test_a_model_that_replies_is_served(service, said, tmp_path):
    model = small_model("encdec", num_layers=1)
    config = RunConfig(preset="encdec", model=model.config, training=PRESETS["encdec"].training, task="pairs")
    (tmp_path / "config.json").write_text(config.to_json())
    (tmp_path / "vocab.json").write_text(json.dumps(list(TOKENIZER.characters)))
    model.save(tmp_path / "best.keras")
    options = SamplingOptions(max_new=6, temperature=1.0, seed=3)
    ask = {"run": str(tmp_path)}
    receive(service, 0, "write", **ask, prompt=SOURCE, options=dataclasses.asdict(options))
    receive(service, 10, "write", **ask, prompt=SOURCE, written="fe", options=dataclasses.asdict(options))
    receive(service, 11, "write", **ask, prompt="feed" * 4, options={"max_new": 0})
    receive(service, 12, "write", **ask, prompt="☃☃", options={"max_new": 1})
    receive(service, 1, "inspect", **ask, prompt=SOURCE, written="fe")
    for number, (view, more) in enumerate(LOOKS, 2):
        receive(service, number, "look", **ask, source=SOURCE, text="feed", view=view, **more)
    receive(service, 8, "look", **ask, text="feed", view="next")
    receive(service, 9, "export", **ask, out=str(tmp_path / "out"))
    while not service.is_idle:
        service.work()
    text, rest = (
        "".join(answer["text"] for answer in said if answer["event"] == "piece" and answer["id"] == number)
        for number in (0, 10)
    )
    assert rest == "".join(Generator(model, TOKENIZER, jit_compile=False).stream(SOURCE, options, written="fe"))
    assert text == Generator(model, TOKENIZER, jit_compile=False).generate([SOURCE], options)[0]
    answers = {answer["id"]: answer for answer in said}
    assert (answers[11]["event"], answers[11]["cut"], answers[0]["cut"]) == ("written", 16 - 7, 0)
    assert answers[12]["message"] == "the source has no character that the model knows. Give another one."
    why, reading = answers[1], read_pair(TOKENIZER, SOURCE, "fe", model.config)
    logits, tensors = run_with_cache(model, (reading.source[None], reading.inputs[None]))
    chances = np.exp(np.asarray(logits, np.float64)[0, -1])
    assert (why["source"], why["context"]) == (SOURCE + END, START + "fe")
    found = dict(why["chances"])
    for character, chance in zip([*TOKENIZER.characters, END], chances / chances.sum(), strict=True):
        assert found[character] == pytest.approx(chance, abs=1e-4)
    for name, layer in (("attention", "attention"), ("across", "cross_attention")):
        expected = np.asarray(tensors[f"blocks.0.{layer}.pattern"])[0, :, -1]
        np.testing.assert_allclose(why[name][0], expected, atol=1e-4)
    run = open_run(tmp_path)
    for number, (view, more) in enumerate(LOOKS, 2):
        expected = VIEWS[view](Subject(run, "feed", prompt=SOURCE).at(**more), SamplingOptions())
        assert nearly(answers[number]["finding"], msgspec.to_builtins(expected)), view
    assert "replies to a source. Give it one." in answers[8]["message"]
    assert answers[9]["event"] == "exported"
    assert (tmp_path / "out" / "1" / "saved_model.pb").is_file()
