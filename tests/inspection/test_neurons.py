"""What a unit detects is measured as the definition of the area under a ROC curve says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.small import TOKENIZER, small_model, some_ids
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation import exact_loss
from tinygpt_keras.inspection import neurons
from tinygpt_keras.inspection.concepts import concepts
from tinygpt_keras.inspection.neurons import activations, most_selective, roc_areas, selectivity
from tinygpt_keras.inspection.passes import Passes


@given(st.lists(st.tuples(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_chance_of_a_higher_value(places):
    values, marks = (np.array(column) for column in zip(*places, strict=True))
    if marks.all() or not marks.any():
        return
    pairs = [(a > b) + (a == b) / 2 for a in values[marks] for b in values[~marks]]
    (area,) = roc_areas(values[:, None].astype(np.float32), marks[None])[0]
    assert area == pytest.approx(np.mean(pairs))


def test_units_are_told_apart_by_what_they_detect():
    marks = np.array([[True, False, True, False, False], [False, False, False, True, True]])
    values = np.array([[1, 0, 1, 0, 0], [0, 0, 1, 2, 3], [1, 1, 1, 1, 1]], np.float32).T
    found = roc_areas(values, marks)
    np.testing.assert_allclose(found[:, 2], 0.5)
    assert found[0, 0] == 1
    assert found[1, 1] == 1
    best = most_selective({"even": found[0].reshape(1, 3), "late": found[1].reshape(1, 3)}, 1)
    assert [(neuron.concept, neuron.block, neuron.unit, neuron.auc) for neuron in best] == [
        ("even", 0, 0, 1.0),
        ("late", 0, 1, 1.0),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["tiny", "nano"])
def test_selectivity_reads_every_window_alone(preset, monkeypatch):
    monkeypatch.setattr(neurons, "RAREST", 1)
    monkeypatch.setattr(neurons, "ROWS", 2)
    model, ids = small_model(preset), some_ids(43)
    found = selectivity(model, TOKENIZER, ids)
    windows = [Passes(model).observe(ids[begin : begin + 8])[1] for begin in range(0, 40, 8)]
    units = np.concatenate([activations(cache) for cache in windows], axis=1)  # (L, 40, hidden)
    marks = concepts(TOKENIZER.decode(ids[:40]))
    assert set(found) == {name for name, mark in marks.items() if 0 < mark.sum() < 40}
    for name, areas in found.items():
        for block in range(3):
            np.testing.assert_allclose(areas[block], roc_areas(units[block], marks[name][None])[0], atol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [10**9, 2 * 2 * 8**2])
def test_windows_are_read_as_many_at_once_as_their_scores_allow(monkeypatch, limit):
    rows, embed = [], neurons.embed
    monkeypatch.setattr(exact_loss, "SCORES_AT_ONCE", limit)
    monkeypatch.setattr(neurons, "embed", lambda model, ids, at: rows.append(len(ids)) or embed(model, ids, at))
    list(neurons.hidden_units(small_model("tiny"), some_ids(20, 8)))
    assert rows == ([16, 4] if limit == 10**9 else [2] * 10)


@pytest.mark.slow
def test_a_text_of_nothing_tells_nothing():
    assert selectivity(small_model("tiny"), TOKENIZER, some_ids(0)) == {}


@pytest.mark.slow
def test_a_bigram_has_no_units():
    with pytest.raises(InputError, match="a bigram has no attention"):
        selectivity(small_model("bigram"), TOKENIZER, some_ids(20))


@pytest.mark.parametrize(
    ("concept", "marked"),
    [
        ("inside a name", "First_Citizen:-------ALL:-----"),
        ("at a line's end", "-------------:------.---:-----"),
        ("at a line's beginning", "F-------------W------A---S----"),
        ("in capitals", "-----------------ARE-ALL------"),
        ("a capital letter", "F-----C-------W--ARE-ALL-S----"),
        ("after a vowel", "--r-----t-z-n---_-R-.-L-----ak"),
        ("at a word's end", "----t-------n--e---E---L-----k"),
        ("punctuation", "-------------:------.---:-----"),
    ],
)
def test_a_concept_holds_where_it_should(concept, marked):
    text = "First Citizen:\nWe ARE.\n\nALL:\nSpeak"
    shown = np.where(concepts(text)[concept], list(text.replace(" ", "_")), "-")
    assert "".join(shown[np.array(list(text)) != "\n"]) == marked
