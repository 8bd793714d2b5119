"""Replies depend on their source, seed and settings alone; beam search finds the likeliest."""

import dataclasses
import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.generation.test_generator import BASE, OPTIONS, TOKENIZER, shaken
from tinygpt_keras.errors import InputError
from tinygpt_keras.generation import Generator
from tinygpt_keras.generation.beam import length_penalty
from tinygpt_keras.generation.sources import begun_reply, source_ids
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.tokenizer import CharTokenizer

pytestmark = pytest.mark.slow

PAIR = dataclasses.replace(BASE, architecture="transformer", block_size=12)
PAPER = dataclasses.replace(
    PAIR, positions="sinusoidal", norm="layernorm", norm_position="post", bias=True, qk_norm=False, tied_head=True
)
GREEDY = dataclasses.replace(OPTIONS, temperature=0.0)
SOURCES = ["abc", "j", "", "abcdefghijabcdefghij", "dead\nbeef"]


@pytest.fixture(scope="module", params=[PAIR, PAPER], ids=["modern", "paper"])
def generator(request):
    return Generator(shaken(request.param), TOKENIZER)


def likelihood(model, source, reply, ended):
    """The log-probability of a reply, symbol by symbol without a cache."""
    config = model.config
    ids = [config.start_id, *TOKENIZER.encode(reply)]
    padded = np.array([[*ids, config.padding_id]])  # Keras warns of a softmax over a single key
    logits = np.asarray(model((source_ids(config, TOKENIZER, [source]), padded)), np.float64)[0]
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    symbols = [*ids[1:], config.end_id] if ended else ids[1:]
    return sum(chances[place, symbol] for place, symbol in enumerate(symbols))


def test_both_backends_write_and_find_equal_replies(generator, tmp_path):
    """With the cache, one symbol after the other, drawn and searched."""
    np.savez(tmp_path / "weights.npz", *generator.model.get_weights())
    code = f"""
import json, keras, numpy as np
from tinygpt_keras.config import ModelConfig, SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.tokenizer import CharTokenizer
assert keras.backend.backend() == "jax"
model = build_model({generator.model.config!r})
saved = np.load("weights.npz")
model.set_weights([saved[name] for name in saved.files])
generator = Generator(model, CharTokenizer({list(TOKENIZER.characters)!r}))
written = [generator.generate({SOURCES!r}, options) for options in {[OPTIONS, GREEDY]!r}]
print(json.dumps([*written, generator.search({SOURCES!r}, 3, 0.6)]))
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    expected = [generator.generate(SOURCES, options) for options in (OPTIONS, GREEDY)]
    assert json.loads(done.stdout) == [*expected, generator.search(SOURCES, 3, 0.6)]


def test_a_batch_of_different_lengths_writes_what_each_source_does_alone(generator):
    seeds = [3, 4, 3, 5, 6]
    together = generator.generate(SOURCES, OPTIONS, seeds=seeds)
    for source, seed, text in zip(SOURCES, seeds, together, strict=True):
        options = dataclasses.replace(OPTIONS, seed=seed)
        assert generator.generate([source], options) == [text]
        assert "".join(generator.stream(source, options)) == text
    assert len(set(together)) > 3


def test_a_reply_is_written_on_from_its_beginning(generator):
    """With the symbol that the model finds likeliest without a cache."""
    config, options = generator.model.config, dataclasses.replace(OPTIONS, temperature=0.0, max_new=1)
    for written in ("a", "cab"):
        padded = np.array([[config.start_id, *TOKENIZER.encode(written), config.padding_id]])
        logits = np.asarray(generator.model((source_ids(config, TOKENIZER, ["abc"]), padded)))[0, len(written)]
        expected = TOKENIZER.decode(logits.argsort()[-1:]) if logits.argmax() != config.end_id else ""
        assert "".join(generator.stream("abc", options, written=written)) == expected
    assert begun_reply(config, TOKENIZER, "é日cab" * 5).tolist() == [config.start_id, *TOKENIZER.encode("ecabecabeca")]
    assert "".join(generator.stream("abc", options, written="cab" * 5)) == "", "it fills the block"


def test_a_source_that_is_too_long_keeps_its_end():
    rows = source_ids(PAIR, TOKENIZER, ["abcdefghij" * 2, "ab"])
    assert rows[0].tolist() == [*TOKENIZER.encode("jabcdefghij"), PAIR.end_id]
    assert rows[1].tolist() == [*TOKENIZER.encode("ab"), PAIR.end_id, *[PAIR.padding_id] * 9]


def test_a_reply_ends_at_its_end():
    model = build_model(dataclasses.replace(PAPER, tied_head=False, head_bias=True))
    generator = Generator(model, TOKENIZER)
    model.head.bias.assign(np.eye(12)[PAIR.end_id] * 50)
    assert generator.generate(SOURCES, OPTIONS) == [""] * 5
    assert "".join(generator.stream("abc", OPTIONS)) == ""
    assert generator.search(SOURCES, beams=3, alpha=0.6) == [""] * 5
    model.head.bias.assign(np.eye(12)[TOKENIZER.encode("c")[0]] * 50)
    # A reply that never ends fills the block, beside its start, and slides no further.
    assert generator.generate(["abc"], OPTIONS) == generator.generate(["abc"] * 2, OPTIONS)[:1] == ["c" * 11]
    assert "".join(generator.stream("abc", OPTIONS)) == "c" * 11
    assert generator.generate(["abc"], OPTIONS, stops=["ccc"]) == [""]
    assert generator.search(["abc"], beams=2, alpha=0.6) == ["c" * 11]
    assert generator.search(["abc"], beams=2, alpha=0.6, max_new=4) == ["c" * 4]


def test_one_beam_takes_the_likeliest_symbol_each_time(generator):
    greedy = dataclasses.replace(OPTIONS, temperature=0.0, max_new=11)
    assert generator.search(SOURCES, beams=1, alpha=0.6) == generator.generate(SOURCES, greedy)


def test_more_beams_find_likelier_replies(generator):
    found = {beams: generator.search(SOURCES, beams, alpha=0.0, max_new=5) for beams in (1, 2, 6)}
    scores = {
        beams: [likelihood(generator.model, *pair, ended=len(pair[1]) < 5) for pair in zip(SOURCES, texts, strict=True)]
        for beams, texts in found.items()
    }
    assert sum(scores[6]) >= sum(scores[1]) - 1e-4
    assert generator.search(SOURCES[1:2], 6, alpha=0.0, max_new=5) == found[6][1:2]


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_enough_beams_find_the_best_of_all_replies(alpha):
    tokenizer = CharTokenizer.from_text("ab")
    """Of all replies with an end that are no longer than what may be written: 15 of up to three characters."""
    model = shaken(dataclasses.replace(PAPER, vocab_size=2))
    config, longest = model.config, 3
    ended = [text for size in range(longest + 1) for text in map("".join, itertools.product("ab", repeat=size))]
    assert len(ended) == 15
    source = source_ids(config, tokenizer, ["abba"])

    def score(text):
        ids = [config.start_id, *tokenizer.encode(text)]
        logits = np.asarray(model((source, np.array([[*ids, config.padding_id]]))), np.float64)[0]
        chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        symbols = [*ids[1:], config.end_id]
        return sum(chances[place, symbol] for place, symbol in enumerate(symbols)) / float(
            length_penalty(len(symbols), alpha)
        )

    best = max(ended, key=score)
    found = Generator(model, tokenizer).search(["abba"], beams=64, alpha=alpha, max_new=longest)
    assert score(found[0]) == pytest.approx(score(best), abs=1e-4)


def test_the_length_penalty_is_the_published_one():
    assert [float(length_penalty(length, 0.6)) for length in (1, 7)] == pytest.approx([1.0, 2.0**0.6])
    assert float(length_penalty(9, 0.0)) == 1.0


def test_a_model_that_continues_texts_has_no_beams():
    with pytest.raises(InputError, match="continues a text"):
        Generator(shaken(BASE), TOKENIZER).search(["abc"], beams=2, alpha=0.6)


def test_the_first_character_of_a_reply_may_be_none(generator):
    chances = generator.next_character("abc")
    assert [*chances] == [*TOKENIZER.characters]
    assert 0 < sum(chances.values()) < 1
