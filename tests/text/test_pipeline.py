"""Training draws windows by (seed, step) alone; scoring covers every character once."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt_keras.text.ids import aligned_empty
from tinygpt_keras.text.pipeline import scoring_windows, shared_tensor, training_batches

IDS = (np.arange(1000) * 7 % 31).astype(np.int32)


def first(count, ids=IDS, **arguments):
    values = {"batch_size": 4, "block_size": 9, "seed": 5, "vocab_size": 31, **arguments}
    return [tuple(map(np.asarray, batch)) for batch in itertools.islice(training_batches(ids, **values), count)]


def test_targets_are_inputs_one_character_later():
    for inputs, targets in first(20):
        assert inputs.shape == targets.shape == (4, 9)
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_batch_depends_on_seed_and_step_alone(noise):
    whole = first(12, input_noise=noise)
    for ours, theirs in zip(whole[7:], first(5, first_step=7, input_noise=noise), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any(np.any(a[0] != b[0]) for a, b in zip(whole, first(12, seed=6, input_noise=noise), strict=True))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("offset", [0, 1, 16])
def test_batches_depend_on_neither_id_dtype_nor_address(dtype, offset):
    ids = aligned_empty(len(IDS) + offset, np.dtype(dtype))[offset:]
    ids[:] = IDS
    for ours, theirs in zip(first(5, ids, input_noise=0.3), first(5, input_noise=0.3), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert {array.dtype for array in ours} == {np.dtype(np.int32)}


def test_training_holds_the_text_once():
    ids = aligned_empty(1000, np.dtype(np.uint16))
    ids[:] = 1
    tensor = shared_tensor(ids[:900])
    ids[:] = 2
    assert set(tensor.numpy()) == {2}
    # Graph rewriting in tf.data would copy the text.
    options = training_batches(ids, 2, 4, 0).options()
    assert options.experimental_optimization.apply_default_optimizations is False


def test_batches_of_a_mapped_file_are_those_of_memory(tmp_path):
    np.save(tmp_path / "ids.npy", IDS.astype(np.uint8))
    ids = np.load(tmp_path / "ids.npy", mmap_mode="r")
    for ours, theirs in zip(first(5, ids), first(5), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    address = np.asarray(shared_tensor(ids)).ctypes.data
    assert address == ids.ctypes.data, "it is not copied"


def test_batches_draw_exactly_the_windows_within_the_text():
    short = IDS[:12]
    starts = set()
    for inputs, targets in itertools.islice(training_batches(short, 64, 9, seed=1), 10):
        for row, target in zip(np.asarray(inputs), np.asarray(targets), strict=True):
            text = [*row, target[-1]]
            starts |= {s for s in range(len(short) - 9) if list(short[s : s + 10]) == text}
    assert starts == {0, 1, 2}


def test_noise_replaces_the_part_that_was_asked_for():
    clean, noisy = first(50), first(50, input_noise=0.2)
    differing = np.mean([np.mean(a[0] != b[0]) for a, b in zip(clean, noisy, strict=True)])
    assert differing == pytest.approx(0.2 * 30 / 31, abs=0.03)  # a replacement may hit the same character
    for ours, theirs in zip(clean, noisy, strict=True):
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_nobody_waits_for_a_tuner_when_training_ends():
    # The autotune thread can sleep for ten seconds before it notices that the iterator is gone.
    assert training_batches(np.arange(100, dtype=np.int32), 2, 4, 0).options().autotune.enabled is False


def test_a_far_step_is_reached_at_once():
    assert first(1, first_step=10**12)[0][0].shape == (4, 9)


@settings(max_examples=60)
@given(st.integers(1, 80), st.integers(1, 100), st.integers(1, 30), st.integers(1, 7))
def test_scoring_predicts_every_character_once_from_the_one_before(first, count, block_size, batch_size):
    ids = np.arange(first + count, dtype=np.int32)
    predicted = []
    for inputs, targets, weights in scoring_windows(ids, first, first + count, block_size, batch_size):
        assert inputs.shape == targets.shape == weights.shape
        assert inputs.shape[0] <= batch_size
        assert inputs.shape[1] == block_size
        kept = weights == 1
        np.testing.assert_array_equal(inputs[kept], targets[kept] - 1)
        predicted += targets[kept].tolist()
    assert predicted == list(range(first, first + count))


@given(st.integers(1, 300), st.integers(1, 20), st.integers(1, 300), st.integers(1, 5))
def test_a_part_of_the_windows_lies_evenly_spread(count, block_size, at_most, batch_size):
    ids = np.arange(count + 7, dtype=np.int32)
    whole = scoring_windows(ids, 7, 7 + count, block_size, batch_size)
    part = scoring_windows(ids, 7, 7 + count, block_size, batch_size, at_most)
    assert set(part.starts) <= set(whole.starts)
    assert len(set(part.starts)) == len(part.starts) == min(len(whole.starts), -(-at_most // block_size))
    gaps = np.diff(part.starts) // block_size
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1
    assert len(list(part)) == len(part)
