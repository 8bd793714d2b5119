"""The SavedModel of an encoder-decoder writes, weighs and scores replies as Python does."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.generation.test_generator import TOKENIZER, shaken
from tests.generation.test_replies import PAIR
from tests.serving.test_serving import batch, columns
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import exact_loss
from tinygpt_keras.generation import Generator
from tinygpt_keras.serving.export import export_model
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pair_batches import scoring_pairs
from tinygpt_keras.text.pairs import Pair, Pairs

pytestmark = pytest.mark.slow

SIZES = [0, 1, 2, 5]
SOURCES = ["abc", "", "é“日x\t", "abcdefghijabcdefghij", "dead\nbeef"]
SETTINGS = [
    {"max_new": 40, "temperature": 0.9, "top_k": 0, "top_p": 1.0, "seed": 7},
    {"max_new": 9, "temperature": 0.7, "top_k": 5, "top_p": 0.8, "seed": 11},
    {"max_new": 0, "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 1},
    {"max_new": 30, "temperature": 0.0, "top_k": 0, "top_p": 1.0, "seed": 2},
    {"max_new": 25, "temperature": 1.3, "top_k": 0, "top_p": 0.95, "seed": 3},
]
REPLIES = ["cab", "", "jihgfedcba" * 3, "日ab", "abcdefghija"]  # the last fits, but without its end
CALLS = {
    **{f"serving_default {size}": ["serving_default", {"prompt": batch(SOURCES, size)}] for size in SIZES},
    **{f"generate {size}": ["generate", columns(batch(SOURCES, size), batch(SETTINGS, size))] for size in SIZES},
    **{
        f"generate_min_p {size}": [
            "generate_min_p",
            {**columns(batch(SOURCES, size), batch(SETTINGS, size)), "min_p": [0.1] * size},
        ]
        for size in SIZES
    },
    **{f"next_char {size}": ["next_char", {"prompt": batch(SOURCES, size)}] for size in SIZES},
    **{f"score {size}": ["score", {"prompt": batch(SOURCES, size), "text": batch(REPLIES, size)}] for size in SIZES},
}


@pytest.fixture(scope="module")
def generator():
    model = shaken(dataclasses.replace(PAIR, num_layers=1, head_bias=True))
    model.head.kernel.assign(np.asarray(model.head.kernel) * 0.4)
    model.head.bias.assign(np.eye(12)[PAIR.end_id] * -2)  # so that some replies end soon, and some late
    return Generator(model, TOKENIZER, jit_compile=False)


@pytest.fixture(scope="module", params=["on", pytest.param("off", marks=pytest.mark.serving)])
def signatures(request, generator, tmp_path_factory):
    """The signatures of the exported model, by name."""
    out = tmp_path_factory.mktemp("replies") / request.param
    folder = export_model(generator.model, generator.tokenizer, out, request.param == "on")
    return tf.saved_model.load(str(folder)).signatures


@pytest.fixture(scope="module")
def found(signatures):
    """What the exported model answers to each of the calls, by name."""
    return {called: call(signatures[name], arguments) for called, (name, arguments) in CALLS.items()}


def call(signature, arguments):
    specs = signature.structured_input_signature[1]
    answer = signature(**{name: tf.constant(values, specs[name].dtype) for name, values in arguments.items()})
    return {name: tensor.numpy() for name, tensor in answer.items()}


def texts(answer, name="text"):
    """The strings of an answer."""
    return [text.decode() for text in answer[name].reshape(-1)]


def test_every_number_of_sources_is_replied_to_as_each_alone(found, generator):
    default = {"max_new": 500, "temperature": 0.8, "seed": 0}
    asked = {
        "serving_default": [default] * 5,
        "generate": SETTINGS,
        "generate_min_p": [{**settings, "min_p": 0.1} for settings in SETTINGS],
    }
    ended = []
    for name, settings in asked.items():
        pairs = zip(SOURCES, settings, strict=True)
        expected = [generator.generate([source], SamplingOptions(**options))[0] for source, options in pairs]
        ended += [len(text) < options["max_new"] for text, options in zip(expected, settings, strict=True)]
        assert len(set(expected)) > 2
        for size in SIZES:
            assert texts(found[f"{name} {size}"]) == batch(expected, size)
    assert any(ended)
    assert not all(ended)
    assert len(texts(found["serving_default 1"])[0]) == PAIR.block_size - 1  # it never ended


def test_a_reply_that_may_end_at_once_leaves_that_much_to_its_characters(found, generator):
    expected = [list(generator.next_character(source).values()) for source in SOURCES]
    assert max(map(sum, expected)) < 0.995
    for size in SIZES:
        answer = found[f"next_char {size}"]
        assert texts(answer, "characters") == [*TOKENIZER.characters] * size
        shape = size, TOKENIZER.vocab_size
        np.testing.assert_allclose(
            np.reshape(answer["probabilities"], shape), np.reshape(batch(expected, size), shape), atol=1e-5
        )


def test_replies_are_scored_as_evaluate_scores_them(found, signatures, generator):
    scores = []
    for pair in zip(SOURCES, REPLIES, strict=True):
        plain = Pair(*(generator.tokenizer.plain(text)[0] for text in pair))
        encoded = encode_pairs(Pairs([plain], 0), generator.tokenizer, generator.model.config.block_size)
        scores.append(exact_loss(generator.model, scoring_pairs(encoded, 0, 1, 1)))
    assert [score.characters for score in scores] == [4, 1, 12, 3, 12]
    for size in SIZES:
        answer = found[f"score {size}"]
        assert answer["characters"].tolist() == batch([score.characters for score in scores], size)
        np.testing.assert_allclose(answer["loss"], batch([score.loss for score in scores], size), atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="different numbers of rows"):
        call(signatures["score"], {"prompt": ["a", "b"], "text": ["a"]})


def test_signatures_have_the_same_inputs_but_for_the_score(signatures):
    inputs = {name: {*signature.structured_input_signature[1]} for name, signature in signatures.items()}
    knobs = {"prompt", "max_new", "temperature", "top_k", "top_p", "seed"}
    assert inputs == {
        "serving_default": {"prompt"},
        "generate": knobs,
        "generate_min_p": {*knobs, "min_p"},
        "next_char": {"prompt"},
        "score": {"prompt", "text"},
    }
    assert signatures["next_char"].structured_outputs["probabilities"].shape == (None, TOKENIZER.vocab_size)
