"""The drawing shows the model's width, heads, blocks and parameters, and keeps to its size."""

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.architecture.test_parts import models
from tinygpt_keras.config import PRESETS, ModelConfig
from tinygpt_tui.architecture.drawing import draw
from tinygpt_tui.architecture.parts import parts

TINY = PRESETS["tiny"].model
WIDTH, HEIGHT = 46, 35  # of the panel at 120x40


def drawn(model=TINY, width=WIDTH, height=HEIGHT, **changes):
    """The rows of a drawing."""
    return draw(dataclasses.replace(model, **changes), width, height).plain.splitlines()


def heads_row(rows):
    """The upper edge of the heads."""
    return next(row for row in rows if "┬" in row and "┌" in row)


def hidden_box(rows):
    """The columns of the feed-forward network's box."""
    return max(len(edge) for row in rows for edge in re.findall("┌[─┴]+┐", row))


@settings(max_examples=300)
@given(models(), st.integers(1, 130), st.integers(1, 70))
def test_a_drawing_keeps_to_its_size(model, width, height):
    content = draw(model, width, height)
    rows = content.plain.split("\n")
    assert len(rows) <= height
    assert max(map(len, rows)) <= width
    assert all(0 <= span.start < span.end <= len(content.plain) for span in content.spans)


@settings(max_examples=100)
@given(models())
def test_every_number_of_parameters_stands_in_the_drawing(model):
    text = draw(model, 100, 60).plain
    counts = parts(model)
    for count in (counts.embedding, counts.positions, counts.attention, counts.feed_forward, counts.logits):
        assert not count or f"{count:,}" in text
    if model.architecture == "gpt":
        assert len(re.findall(rf"norm +{counts.norm:,}\b", text)) == 2 + (model.norm_position == "pre")
        assert f"{counts.block():,} ─╮" in text
    if model.replies:
        assert all(f"{counts.block(attentions):,}" in text for _, attentions in counts.stacks)
        assert len(re.findall(rf"norm +{counts.norm:,}\b", text)) == 5 + 2 * (model.norm_position == "pre")


def test_there_is_a_column_for_each_head():
    for heads in (2, 4, 8):
        assert heads_row(drawn(num_heads=heads)).count("┬") == heads - 1
    assert "│32│32│32│32│" in "\n".join(drawn())
    assert "64 heads of 2" in "\n".join(drawn(num_heads=64)), "too many to tell apart"


def test_there_is_a_card_for_each_block():
    for layers in (1, 2, 5):
        rows = drawn(num_layers=layers)
        assert sum("╰" in row for row in rows) == layers
    assert "2 blocks, each" in "\n".join(drawn(num_layers=2))
    many = drawn(num_layers=100)
    cards = sum("╰" in row for row in many)
    assert f"and {100 - cards} more" in "\n".join(many)


def test_boxes_grow_with_the_width_alone():
    widths = [hidden_box(drawn(embed_dim=width)) for width in (32, 64, 128, 256, 512)]
    assert widths == sorted(set(widths))
    assert len({hidden_box(drawn(num_layers=layers)) for layers in (1, 2, 4, 40)}) == 1


@pytest.mark.parametrize(("width", "height"), [(28, 40), (60, 20), (20, 11)])
def test_where_boxes_do_not_fit_the_parts_are_listed(width, height):
    rows = drawn(width=width, height=height)
    assert [row.split()[0].strip("▏") or row.split()[1] for row in rows] == [
        "256", "embedding", "rotary", "4", "norm", "attention", "norm", "feed-forward", "norm", "logits",
    ]  # fmt: skip
    assert rows[4].endswith("128")


REPLYING = PRESETS["encdec"].model


@pytest.mark.parametrize(("width", "height"), [(46, 35), (96, 53), (126, 55)])
@pytest.mark.parametrize("norm_position", ["pre", "post"])
def test_the_encoders_output_goes_across_to_the_decoder(width, height, norm_position):
    """The line leads from the encoder's end to the second attention of the decoder, and to nothing else."""
    rows = drawn(REPLYING, width, height, norm_position=norm_position)
    (into,), (out,) = ([n for n, row in enumerate(rows) if mark in row] for mark in ("┏▶", "━┛"))
    column = rows[into].index("┏")
    assert "across" in rows[into] + rows[into + 1]
    assert rows[into].index("┏▶│") == column
    assert [rows[number][column] for number in range(into + 1, out)] == ["┃"] * (out - into - 1)
    assert rows[out].index("━┛") + 1 == column
    assert all(row[column : column + 1].strip() in ("", "┏", "┃", "┛") for row in rows)
    text = "\n".join(rows)
    assert sum(row.count("attention") for row in rows) == 3
    assert all(word in text for word in ("both ways", "back", "across", "encoder: source", "decoder: reply"))
    assert text.count("╰") == 4, "two cards a stack"


def test_an_encoder_decoder_is_listed_where_boxes_do_not_fit():
    text = "\n".join(drawn(REPLYING, 40, 22))
    assert text.count("attention") == 3
    assert "┌" not in text


def test_a_norm_stands_where_it_acts():
    rows = drawn(norm_position="post")
    added = [number for number, row in enumerate(rows) if "⊕" in row]
    assert all("norm" in rows[number + 1] for number in added)
    assert "sines and cosines" in "\n".join(drawn(positions="sinusoidal"))


def test_a_bigram_model_is_a_square_table():
    rows = drawn(PRESETS["bigram"].model)
    cells = [row.count("·") + row.count("▪") for row in rows if "·" in row or "▪" in row]
    assert set(cells) == {len(cells)}
    assert sum("▪" in row for row in rows) == 1
    assert "65 × 65" in rows[1]
    assert rows[1].endswith("4,225")


def test_the_model_of_other_places_is_named_for_them():
    text = "\n".join(drawn(PRESETS["nano"].model, width=100))
    assert "+ positions  256 × 384" in text
    assert "384 × 65, the embedding's" in text
    assert "rotary" in "\n".join(drawn(ModelConfig()))
