"""The parts of a model have the parameters that its configuration counts by shapes."""

import dataclasses
import math
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tinygpt_keras.config import PRESETS, ModelConfig
from tinygpt_keras.errors import InputError
from tinygpt_tui.architecture.parts import parts, summary

SWITCHES = {name: st.booleans() for name in ("bias", "qkv_bias", "head_bias", "tied_head", "qk_norm")}
CHOICES = {
    "architecture": st.sampled_from(["gpt", "gpt", "transformer", "transformer", "bigram"]),
    "positions": st.sampled_from(["learned", "rope", "sinusoidal"]),
    "norm": st.sampled_from(["layernorm", "rmsnorm"]),
    "norm_position": st.sampled_from(["pre", "post"]),
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


@settings(max_examples=300)
@given(models())
def test_the_parts_add_up_to_the_counted_parameters(model):
    counts = parts(model)
    by_shape = sum(math.prod(shape) * count for shape, count in model.shapes().items())
    assert counts.total == model.parameters() == by_shape
    if model.architecture == "gpt":
        each = [counts.norm, counts.attention, counts.norm, counts.feed_forward]
        last = counts.norm if model.norm_position == "pre" else 0
        ends = counts.embedding + counts.positions + last + counts.logits
        assert ends + model.num_layers * sum(each) == by_shape


PARTS = {
    "cross_attention": "attention",
    "attention": "attention",
    "feed_forward": "feed_forward",
    "token_embedding": "embedding",
    "position_embedding": "positions",
    "head": "logits",
}
SMALL = {"embed_dim": 16, "num_heads": 2, "num_layers": 3, "positions": "learned", "head_bias": True, "bias": True}
MODELS = [
    PRESETS["encdec"].model,
    PRESETS["paper"].model,
    dataclasses.replace(PRESETS["encdec"].model, **SMALL, activation="swiglu", norm="layernorm"),
    dataclasses.replace(PRESETS["tiny"].model, num_layers=1, norm_position="post", positions="sinusoidal"),
]


@pytest.mark.slow
@pytest.mark.parametrize("config", MODELS, ids=["encdec", "paper", "small", "post"])
def test_the_parts_are_those_of_the_real_model(config):
    from tinygpt_keras.models.build import build_model

    model, counts = build_model(config), parts(config)
    found: Counter[str] = Counter()
    for variable in model.trainable_variables:
        *_, layer = [name for name in variable.path.split("/") if name in PARTS or name.endswith("norm")][:1]
        name = PARTS.get(layer, "norms")
        found[name] += math.prod(variable.shape)
    attentions = sum(blocks * each for blocks, each in counts.stacks)
    blocks = sum(blocks for blocks, _ in counts.stacks)
    norms = counts.norm * (attentions + blocks) + counts.final_norm * len(counts.stacks)
    expected = {
        "embedding": counts.embedding,
        "positions": counts.positions,
        "attention": counts.attention * attentions,
        "feed_forward": counts.feed_forward * blocks,
        "norms": norms,
        "logits": counts.logits,
    }
    assert found == Counter({name: count for name, count in expected.items() if count})
    assert counts.total == model.count_params()


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ("tiny", "65 → 128 → 4 blocks (4 heads of 32, 128 → 512 → 128) → 65 logits"),
        ("quick", "65 → 128 → 1 block (4 heads of 32, 128 → 512 → 128) → 65 logits"),
        ("encdec", "65 → 128 → encoder and decoder of 2 blocks each (4 heads of 32, 128 → 512 → 128) → 66 logits"),
        ("bigram", "last character → a table of 65 × 65 → 65 logits"),
    ],
)
def test_a_model_is_summarized_in_one_line(preset, words):
    assert summary(PRESETS[preset].model) == words
