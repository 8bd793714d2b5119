"""Every inner tensor is the one that NumPy computes, and only what is edited changes."""

import functools

import numpy as np
import pytest

from tests.inspection.small import small_model, some_ids, weights_of
from tests.models.numpy_forward import forward as numpy_forward
from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection.forward import run_with_cache, run_with_edits

pytestmark = pytest.mark.slow

PRESETS = ["tiny", "nano", "lecture", "seed"]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("activation", ["gelu", "swiglu"])
def test_every_tensor_equals_the_numpy_pass(preset, activation):
    model, ids, expected = small_model(preset, activation=activation), some_ids(7), {}
    logits = numpy_forward(weights_of(model), model.config, ids, expected)
    found, cache = run_with_cache(model, ids[None])
    np.testing.assert_allclose(np.asarray(found)[0], logits, rtol=1e-4, atol=1e-4)
    assert set(cache) == {*expected, "positions"}
    if model.config.positions == "rope":
        angles = np.arange(7)[:, None] / 10_000.0 ** (np.arange(4) / 4)
        np.testing.assert_allclose(np.asarray(cache["positions"])[:, 0, 0], [np.cos(angles), np.sin(angles)], atol=1e-5)
    for name, tensor in expected.items():
        np.testing.assert_allclose(np.asarray(cache[name])[0], tensor, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("preset", [*PRESETS, "bigram"])
@pytest.mark.parametrize("rows", [1, 3])
def test_no_edit_changes_nothing(preset, rows):
    model, ids = small_model(preset), some_ids(rows, 7)
    expected = np.asarray(model(ids))
    np.testing.assert_array_equal(run_with_edits(model, ids, {}), expected)
    logits, cache = run_with_cache(model, ids)
    np.testing.assert_array_equal(logits, expected)
    same = {name: lambda tensor: tensor for name in cache}
    np.testing.assert_array_equal(run_with_edits(model, ids, same), expected)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_stream_of_another_text_gives_its_logits(preset):
    """Each block alone: whatever was read, what follows a block depends on the stream alone."""
    model, ids, others = small_model(preset), some_ids(1, 7), some_ids(1, 7, seed=3)
    expected, cache = run_with_cache(model, others)
    for block in range(3):
        for place in ("before", "after"):
            name = f"blocks.{block}.residual.{place}"
            found = run_with_edits(model, ids, {name: lambda tensor, name=name: cache[name]})
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("preset", ["tiny", "nano"])
def test_an_edit_is_seen_by_what_comes_later_alone(preset):
    model, ids = small_model(preset), some_ids(1, 7)
    logits, cache = run_with_cache(model, ids)
    names = list(cache)
    for place, name in enumerate(names):
        seen = {}
        noting = {other: functools.partial(note, seen, other) for other in names}
        changed = run_with_edits(model, ids, {**noting, name: lambda tensor: tensor * 0.5})
        for earlier in names[:place]:
            np.testing.assert_array_equal(seen[earlier], cache[earlier])
        assert not np.array_equal(changed, logits), name


def note(seen, name, tensor):
    seen[name] = np.asarray(tensor)
    return tensor


def test_a_name_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"no tensor blocks\.3\.logits"):
        run_with_edits(small_model("tiny"), some_ids(1, 7), {"blocks.3.logits": lambda tensor: tensor})


def test_a_text_beyond_the_context_is_refused():
    with pytest.raises(ValueError, match="9 characters exceed the block size, 8"):
        run_with_cache(small_model("tiny"), some_ids(1, 9))
