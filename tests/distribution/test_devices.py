"""How a batch is divided over devices and processes."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tinygpt_keras.distribution.devices import check_divides, own_rows
from tinygpt_keras.distribution.group import Alone
from tinygpt_keras.errors import InputError


@given(st.integers(1, 500), st.integers(1, 64))
def test_only_even_parts_are_taken_and_sizes_that_work_are_named(batch_size, devices):
    if batch_size % devices == 0:
        check_divides(batch_size, devices)
        return
    with pytest.raises(InputError, match=f"--batch-size is {batch_size}, which {devices} devices") as refused:
        check_divides(batch_size, devices)
    sizes = [int(size) for size in str(refused.value).rstrip(".").rpartition(": ")[2].split(", ")]
    assert all(size > 0 and size % devices == 0 for size in sizes)
    assert min(abs(size - batch_size) for size in sizes) <= devices


def test_each_process_takes_its_rows_of_every_batch():
    whole = (np.arange(12).reshape(6, 2), {"targets": np.arange(6)})
    batches = tf.data.Dataset.from_tensors(whole)
    parts = [
        next(iter(own_rows(batches, 6, SimpleNamespace(index=index, count=3)).as_numpy_iterator()))
        for index in range(3)
    ]
    np.testing.assert_array_equal(np.concatenate([rows for rows, _ in parts]), whole[0])
    np.testing.assert_array_equal(np.concatenate([rest["targets"] for _, rest in parts]), whole[1]["targets"])
    assert own_rows(batches, 6, Alone()) is batches
