"""What the tests of fast layers share: numbers, and what TensorFlow makes of a function."""

import collections

import numpy as np
import tensorflow as tf


def operations(function, *shapes, dtype="float32"):
    """How many operations of each kind TensorFlow makes of a function."""
    traced = tf.function(function).get_concrete_function(*(tf.TensorSpec(shape, dtype) for shape in shapes))
    return collections.Counter(operation.type for operation in traced.graph.get_operations())


def random_heads(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")
