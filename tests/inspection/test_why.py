"""What is said of why a character was written is what the model computed when it wrote it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.small import TOKENIZER, small_model
from tests.models.numpy_forward import forward
from tinygpt_keras.config import ModelConfig, SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.generation import Generator
from tinygpt_keras.generation.context import context_length
from tinygpt_keras.inspection.reading import read_pair
from tinygpt_keras.inspection.why import inspect, look
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.pairs import END, START

pytestmark = pytest.mark.slow


@given(st.integers(1, 30), st.integers(0, 60), st.integers(1, 20))
def test_an_inspected_context_slides_as_in_generation(prompt, written, block_size):
    length = min(prompt, block_size)
    for _ in range(written):
        length = (block_size // 2 if length == block_size else length) + 1
    assert context_length(prompt, written, block_size) == length


@pytest.mark.parametrize("preset", ["tiny", "nano", "bigram"])
def test_every_written_character_is_explained_as_it_was_chosen(preset):
    """Past the end of the context, too: of what was likeliest each time, the explanation knows."""
    model = small_model(preset)
    generator = Generator(model, TOKENIZER, jit_compile=False)
    prompts = ["", "bad cabbage had faded"]
    texts = generator.generate(prompts, SamplingOptions(max_new=15, temperature=0.0))
    asked = [*((prompts[0], texts[0], place) for place in range(15)), *((prompts[1], texts[1], n) for n in (0, 4, 14))]
    for prompt, text, place in asked:
        found = inspect(model, TOKENIZER, prompt, text[:place])
        assert max(found.chances, key=lambda c: found.chances[c]) == text[place]
        assert sum(found.chances.values()) == pytest.approx(1)
        whole = (prompt or "\n") + text[:place]
        assert whole.endswith(found.context)
        if place in (0, 7, 14):
            assert found.chances == pytest.approx(generator.next_character(found.context), abs=1e-5)
        assert len(found.context) == context_length(len(prompt or "\n"), place, 8)


@pytest.mark.parametrize("preset", ["tiny", "nano", "seed", "lecture"])
def test_look_returns_model_logits_and_normalized_attention(preset):
    model = small_model(preset)
    ids = np.random.default_rng(2).integers(0, 10, (3, 7)).astype(np.int32)
    logits, weights = look(model, ids)
    np.testing.assert_allclose(logits, np.asarray(model(ids))[:, -1], atol=1e-5)
    assert weights.shape == (3, 3, 2, 7)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)


def test_the_attention_is_the_one_that_makes_the_logits():
    """A character that a head alone looks at is the one whose loss changes what it gathers."""
    config = ModelConfig(vocab_size=10, block_size=8, embed_dim=16, num_heads=2, num_layers=1, positions="learned")
    model = build_model(config)
    random = np.random.default_rng(1)
    for variable in model.weights:
        variable.assign(random.normal(0, 0.5, variable.shape))
    ids = random.integers(0, 10, (1, 6)).astype(np.int32)
    block = model.blocks[0]
    _, weights = look(model, ids)
    x, angles = model.embed(ids, np.arange(6)[None])
    normed = block.attention_norm(x)
    _, _, value = block.attention.project(normed, angles)  # (1, H, T, D)
    gathered = np.einsum("hs,hsd->hd", weights[0, 0], np.asarray(value)[0]).reshape(1, 1, -1)
    expected = np.asarray(block.attention(normed))[:, -1:]
    np.testing.assert_allclose(np.asarray(block.attention.projection(gathered)), expected, atol=1e-5)
    named = {variable.path.partition("/")[2]: np.asarray(variable) for variable in model.weights}
    np.testing.assert_allclose(look(model, ids)[0][0], forward(named, config, ids[0])[-1], atol=1e-4)


def test_what_the_model_does_not_know_is_passed_over():
    found = inspect(small_model("tiny"), TOKENIZER, "日bad", "cZab")
    assert found.context == "badcab"
    nothing = inspect(small_model("bigram"), TOKENIZER, "", "")
    assert nothing.context == "\n"
    assert nothing.attention.shape == (0, 0, 1)


@pytest.mark.parametrize("preset", ["encdec", "paper"])
def test_a_reply_to_nothing_known_looks_at_the_end_alone(preset):
    model = small_model(preset)
    found, expected = inspect(model, TOKENIZER, "日本", "bad"), Generator(model, TOKENIZER, jit_compile=False)
    assert found.source == END
    assert found.across.shape == (3, 2, 1)
    np.testing.assert_allclose(found.across, 1, atol=1e-6)
    options = SamplingOptions(max_new=4, temperature=0.0)
    text = expected.generate(["日本"], options)[0]
    first = inspect(model, TOKENIZER, "日本", "").chances
    assert max(first, key=lambda c: first[c]) == (text[:1] or END)


@pytest.mark.parametrize("preset", ["encdec", "paper"])
def test_of_a_reply_that_is_too_long_the_last_place_is_explained_that_a_decoder_sees(preset):
    """A decoder's context does not slide."""
    model, source, reply = small_model(preset), "bad cab", "feed a cabbage"
    found = inspect(model, TOKENIZER, source, reply)
    assert (found.context, found.attention.shape, found.across.shape) == (START + reply[:7], (3, 2, 8), (3, 2, 8))
    reading = read_pair(TOKENIZER, source, reply, model.config)
    logits = np.asarray(model((reading.source[None], reading.ids[None])), np.float64)[0, -1]
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose([found.chances[c] for c in [*TOKENIZER.characters, END]], expected, atol=1e-5)
    assert found.chances == inspect(model, TOKENIZER, source, reply[:7]).chances


def test_weights_that_overflow_explain_nothing():
    model = small_model("tiny")
    model.set_weights([weight * 1e15 for weight in model.get_weights()])
    with pytest.raises(InputError, match="its weights are too large"):
        inspect(model, TOKENIZER, "bad", "c")
