"""How a batch is divided over devices and processes."""

from types import SimpleNamespace

import numpy as np
import tensorflow as tf

from tinygpt_keras.distribution.devices import own_rows
from tinygpt_keras.distribution.group import Alone


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
