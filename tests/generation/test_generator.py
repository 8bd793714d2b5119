"""A text depends on its prompt, its seed and its settings, and on nothing else."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tinygpt_keras.config import ModelConfig, SamplingOptions
from tinygpt_keras.generation import Generator, decoding
from tinygpt_keras.generation.compiled import compile_decoding
from tinygpt_keras.generation.context import GROWTH
from tinygpt_keras.generation.generator import STREAMED
from tinygpt_keras.generation.sampling import Knobs
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.tokenizer import CharTokenizer

pytestmark = pytest.mark.slow

TOKENIZER = CharTokenizer.from_text("abcdefghij\n")
BASE = ModelConfig(vocab_size=11, block_size=8, embed_dim=12, num_heads=3, num_layers=2, initialization="normal")
ODD = dataclasses.replace(BASE, block_size=7, positions="learned", norm="layernorm", bias=True, qk_norm=False)
BIGRAM = dataclasses.replace(BASE, architecture="bigram")
MODELS = [BASE, ODD, dataclasses.replace(BASE, block_size=3), dataclasses.replace(BASE, block_size=2), BIGRAM]
OPTIONS = SamplingOptions(max_new=40, temperature=1.0, seed=3)


def shaken(config) -> Any:
    model = build_model(config)
    random = np.random.default_rng(4)
    for variable in model.weights:
        variable.assign(random.normal(0, 0.6, variable.shape))
    return model


@pytest.fixture(scope="module")
def generator():
    return Generator(shaken(BASE), TOKENIZER)


def uncached(model):
    """Return a function that computes the logits after rows of any length, in one pass of the whole window."""
    read = tf.function(model)

    def logits(state):
        last = np.asarray(state["length"]) - 1
        return np.asarray(read(state["window"]))[np.arange(len(last)), last]

    return logits


def settings(rows):
    """Return the knobs of rows that write at temperature 1."""
    return Knobs(*(np.full(rows, v, d) for v, d in ((1, "f4"), (0, "i4"), (1, "f4"), (0, "f4"), (5, "i4"))))


@pytest.mark.parametrize(("config", "compiled"), [(BASE, False), *((config, True) for config in MODELS)])
def test_cached_logits_equal_uncached_ones_across_slides(config, compiled):
    """Each slide of a full context window keeps its newest half."""
    model = shaken(config)
    begin, advance, _ = compile_decoding(model)
    if not compiled:
        begin, advance = functools.partial(decoding.begin, model), functools.partial(decoding.advance, model)
    lengths = np.minimum([1, config.block_size - 1, config.block_size], config.block_size).astype(np.int32)
    ids = np.random.default_rng(1).integers(0, 11, (3, config.block_size)).astype(np.int32)
    texts = [row[:length].tolist() for row, length in zip(ids, lengths, strict=True)]
    state, expected = begin(ids, lengths), uncached(model)
    seen = set()
    for _ in range(3 * config.block_size):
        state, new = advance(state, np.int32(1), settings(3))
        for text, more, window, length in zip(
            texts, *map(np.asarray, (new, state["window"], state["length"])), strict=True
        ):
            text += more.tolist()
            seen.add(int(length))
            assert window[:length].tolist() == text[-length:]  # the newest of the text
            assert length >= min(len(text), config.block_size // 2 + 1)
        np.testing.assert_allclose(np.asarray(state["logits"]), expected(state), atol=1e-5)
    # A context that is full keeps its newest half, and goes on from there.
    assert seen == set(range(2, config.block_size + 1))


def test_a_cache_that_grows_and_shrinks_changes_no_logit():
    """Three rows slide at different times; a block is several times `GROWTH`."""
    block_size = 5 * GROWTH + 5
    model = shaken(dataclasses.replace(BASE, block_size=block_size))
    begin, advance, _ = compile_decoding(model)
    lengths = np.array([1, 150, 160], np.int32)
    ids = np.random.default_rng(1).integers(0, 11, (3, 160)).astype(np.int32)
    state, expected, sizes = begin(ids, lengths), uncached(model), set()
    for _ in range(70):
        state, _ = advance(state, np.int32(3), settings(3))
        sizes.add(int(state["cache"][0][0].shape[2]))
        np.testing.assert_allclose(np.asarray(state["logits"]), expected(state), atol=1e-5)
    assert min(sizes) < 0.8 * block_size
    assert max(sizes) == block_size


def test_only_full_rows_are_re_encoded(monkeypatch):
    model = shaken(BASE)
    state = decoding.begin(model, np.ones((4, 8), np.int32), np.array([8, 3, 8, 5], np.int32))
    read, rows = model.read, []
    monkeypatch.setattr(model, "read", lambda ids: rows.append(ids.shape[0]) or read(ids))
    knobs = settings(4)
    decoding.advance(model, state, 5, knobs, growing=True)
    # Two that are full at once, then the last row, then the two once more.
    assert rows == [2, 1, 2]


@pytest.mark.parametrize(("precision", "rows"), [("mixed_bfloat16", 1), ("mixed_float16", 3)])
def test_a_half_precision_cache_matches_uncached_logits(precision, rows):
    config = dataclasses.replace(BASE, initialization="gpt2")
    model = build_model(config, precision)
    begin, advance, advance_one = compile_decoding(model)
    ids = np.random.default_rng(1).integers(0, 11, (rows, 3)).astype(np.int32)
    state, expected = begin(ids, np.full(rows, 3, np.int32)), uncached(model)
    for _ in range(config.block_size):
        state, _ = advance_one(state, 1, settings(1)) if rows == 1 else advance(state, np.int32(1), settings(rows))
        np.testing.assert_allclose(np.asarray(state["logits"]), expected(state), atol=0.01)


def test_a_row_does_not_depend_on_its_neighbours(generator):
    prompts = ["a", "abcdefghijabcdefghij", "", "jihg", "b" * 8]
    together = generator.generate(prompts, OPTIONS, seeds=[1, 2, 3, 4, 5])
    for prompt, seed, text in zip(prompts, [1, 2, 3, 4, 5], together, strict=True):
        assert generator.generate([prompt], dataclasses.replace(OPTIONS, seed=seed)) == [text]
        assert len(text) == 40


def test_a_stream_is_the_same_text_in_pieces(generator):
    options = dataclasses.replace(OPTIONS, max_new=100)
    pieces = list(generator.stream("abc", options))
    assert len(pieces) == math.ceil(100 / STREAMED)
    assert "".join(pieces) == generator.generate(["abc"], options)[0]


def test_more_characters_begin_like_fewer(generator):
    long = generator.generate(["abc"], OPTIONS)[0]
    for length in (0, 1, 7, 39):
        assert generator.generate(["abc"], dataclasses.replace(OPTIONS, max_new=length))[0] == long[:length]


def test_seeds_decide_and_their_absence_does_not(generator):
    texts = {generator.generate(["a"], dataclasses.replace(OPTIONS, seed=seed))[0] for seed in range(20)}
    assert len(texts) == 20
    free = dataclasses.replace(OPTIONS, seed=None)
    assert generator.generate(["a"], free) != generator.generate(["a"], free)


def test_greedy_text_is_the_likeliest_character_every_time(generator):
    text = generator.generate(["ab"], dataclasses.replace(OPTIONS, temperature=0.0, max_new=5))[0]
    for place in range(5):
        chances = generator.next_character("ab" + text[:place])
        assert max(chances, key=lambda c: chances[c]) == text[place]
        assert sum(chances.values()) == pytest.approx(1)


def test_texts_end_before_a_stop_string(generator):
    whole = generator.generate(["abc"], OPTIONS)[0]
    stop = whole[11:14]
    ended = whole[: whole.index(stop)]
    assert generator.generate(["abc"], OPTIONS, stops=[stop]) == [ended]
    assert "".join(generator.stream("abc", OPTIONS, stops=["", stop])) == ended


def test_stop_strings_are_read_as_prompts_are(generator):
    whole = generator.generate(["abc"], OPTIONS)[0]
    stop = whole[11:14]
    accented = "".join(f"{character}\u0301" for character in stop)
    ended = whole[: whole.index(stop)]
    assert generator.generate(["abc"], OPTIONS, stops=[accented]) == [ended]
    assert "".join(generator.stream("abc", OPTIONS, stops=[accented])) == ended
    # Without what the model has never seen, it would be found.
    assert generator.generate(["abc"], OPTIONS, stops=[f"日{stop}"]) == [whole]
    assert "".join(generator.stream("abc", OPTIONS, stops=[f"日{stop}"])) == whole


def test_unknown_characters_and_empty_prompts_are_no_trouble(generator):
    assert generator.generate(["日本é"], OPTIONS) == generator.generate(["e"], OPTIONS)
    assert generator.generate(["", "日"], OPTIONS) == generator.generate(["\n", "\n"], OPTIONS)
    assert generator.generate([], OPTIONS) == []


@pytest.mark.parametrize("length", [7, 8, 9, 30])
def test_of_a_long_prompt_the_newest_block_is_read(generator, length):
    prompt = ("abcdefghij" * 3)[:length]
    logits = np.asarray(generator.model(TOKENIZER.encode(prompt[-8:])[None]))[0, -1].astype(float)
    chances = np.exp(logits - logits.max())
    found = list(generator.next_character(prompt).values())
    np.testing.assert_allclose(found, chances / chances.sum(), atol=1e-5)
    assert generator.generate([prompt], OPTIONS) == generator.generate([prompt[-8:]], OPTIONS)


def test_nothing_is_traced_twice():
    generator = Generator(shaken(BASE), TOKENIZER)
    for prompts in (["a"], ["abcdefgh" * 3], ["a", "bc", ""], ["b"] * 9):
        for options in (OPTIONS, SamplingOptions(max_new=3, temperature=0.0, top_k=2, top_p=0.5, min_p=0.1)):
            generator.generate(prompts, options)
            list(generator.stream(prompts[0], options))
    compiled = generator._compiled
    assert compiled.begin.experimental_get_tracing_count() == 1
    assert compiled.advance.experimental_get_tracing_count() == 1
    # Once for a text that is read along, and once for one that is not.
    assert compiled.advance_one.experimental_get_tracing_count() == 2


def test_text_is_the_same_without_xla(generator):
    plain = Generator(generator.model, TOKENIZER, jit_compile=False)
    assert plain.generate(["abc"], OPTIONS) == generator.generate(["abc"], OPTIONS)
    assert list(plain.stream("abc", OPTIONS)) == list(generator.stream("abc", OPTIONS))
    assert plain._compiled.advance_one.experimental_get_tracing_count() == 0


def test_a_state_can_be_gone_on_from_twice():
    compiled = compile_decoding(shaken(dataclasses.replace(BASE, block_size=2 * GROWTH + 5)))
    knobs = settings(2)
    state = compiled.begin(np.array([[1, 2, 3], [4, 0, 0]], np.int32), np.array([3, 1], np.int32))
    for _ in range(30):
        texts = [np.asarray(compiled.advance(state, np.int32(40), knobs)[1]).tolist() for _ in range(2)]
        assert texts[0] == texts[1]
        state, _ = compiled.advance(state, np.int32(3), knobs)


def test_a_generator_follows_its_models_weights(generator):
    model, likeliest = generator.model, dataclasses.replace(OPTIONS, temperature=0.0, max_new=3)
    before = generator.generate(["ab"], likeliest)[0]
    kept = model.get_weights()
    model.set_weights([-values for values in kept])
    after = generator.generate(["ab"], likeliest)[0]
    for place, character in enumerate(after):
        logits = np.asarray(model(TOKENIZER.encode("ab" + after[:place])[None]))[0, -1]
        assert TOKENIZER.decode([int(logits.argmax())]) == character
    model.set_weights(kept)
    assert after != before == generator.generate(["ab"], likeliest)[0]
