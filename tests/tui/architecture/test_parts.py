"""The parts of a model have the parameters that its configuration counts by shapes."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tinygpt_keras.config import PRESETS, ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_tui.architecture.parts import parts, summary

SWITCHES = {name: st.booleans() for name in ("bias", "qkv_bias", "head_bias", "tied_head", "qk_norm")}
CHOICES = {
    "architecture": st.sampled_from(["gpt", "gpt", "gpt", "bigram"]),
    "positions": st.sampled_from(["learned", "rope"]),
    "norm": st.sampled_from(["layernorm", "rmsnorm"]),
    "activation": st.sampled_from(["gelu", "relu", "relu_squared", "swiglu"]),
}
SIZES = {
    "vocab_size": st.integers(1, 3000),
    "block_size": st.integers(2, 512),
    "num_heads": st.integers(1, 70),
    "num_layers": st.integers(1, 200),
}


@st.composite
def models(draw):
    """Any model, with a width that its heads divide."""
    values = {name: draw(values) for name, values in (SWITCHES | CHOICES | SIZES).items()}
    try:
        return ModelConfig(embed_dim=values["num_heads"] * draw(st.integers(1, 64)), **values)
    except InputError:
        assume(False)


@settings(max_examples=300, deadline=None)
@given(models())
def test_the_parts_add_up_to_the_counted_parameters(model):
    counts = parts(model)
    by_shape = sum(math.prod(shape) * count for shape, count in model.shapes().items())
    assert counts.total == model.parameters() == by_shape
    if model.architecture == "gpt":
        each = [counts.norm, counts.attention, counts.norm, counts.feed_forward]
        ends = counts.embedding + counts.positions + counts.norm + counts.logits
        assert ends + model.num_layers * sum(each) == by_shape


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ("tiny", "65 → 128 → 4 blocks (4 heads of 32, 128 → 512 → 128) → 65 logits"),
        ("quick", "65 → 128 → 1 block (4 heads of 32, 128 → 512 → 128) → 65 logits"),
        ("bigram", "last character → a table of 65 × 65 → 65 logits"),
    ],
)
def test_a_model_is_summarized_in_one_line(preset, words):
    assert summary(PRESETS[preset].model) == words
