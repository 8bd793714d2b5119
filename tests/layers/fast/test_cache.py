"""A row is written in place where a copy of the cache is what it saves."""

import numpy as np
import tensorflow as tf

from tests.layers.fast.tracing import operations, random_heads
from tinygpt_keras.layers.fast.cache import cache_rows, write


def test_writing_a_cache_row_in_place_equals_copying():
    cache, rows = random_heads(2, 3, 6, 4), random_heads(2, 3, 1, 4)
    indices = cache_rows(tf.constant([[5], [2]]), num_heads=3)
    expected = cache.copy()
    for batch, position in enumerate((5, 2)):
        expected[batch, :, position] = rows[batch, :, 0]
    unknown = [tf.TensorSpec([None, 3, None, 4]), tf.TensorSpec([None, 3, 1, 4]), tf.TensorSpec([None, 3], "int32")]
    in_place = tf.function(write, input_signature=unknown)
    np.testing.assert_array_equal(np.asarray(write(tf.constant(cache), tf.constant(rows), indices)), expected)
    np.testing.assert_array_equal(np.asarray(in_place(tf.constant(cache), tf.constant(rows), indices)), expected)


def test_only_an_unknown_batch_is_written_in_place():
    def step(cache, rows):
        return write(cache, rows, cache_rows(tf.zeros((tf.shape(rows)[0], 1), "int32"), num_heads=3))

    assert "InplaceUpdate" in operations(step, (None, 3, 6, 4), (None, 3, 1, 4))
    assert "InplaceUpdate" not in operations(step, (2, 3, 6, 4), (2, 3, 1, 4))
