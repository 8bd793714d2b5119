"""Dropout with two random bytes a number instead of four."""

from typing import Any

import keras
from keras import ops

CHOICES = 2**16  # values of two random bytes


@keras.saving.register_keras_serializable("tinygpt_keras")
class Dropout(keras.layers.Dropout):
    """Zero a part of the input in training and scale the rest, so that the expected sum stays the same.

    Keras draws four random bytes a number; two are enough for a rate precise to 1 in 65,536. Attention has B H T S
    weights to drop, so a CPU spends much of a training step here. Other backends than TensorFlow draw as Keras does.
    `noise_shape` has no effect.

    Input and output shape: any.

    Reference: https://arxiv.org/abs/1207.0580
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop some of `inputs` if `training`."""
        if not training or not self.rate:
            return inputs
        return drop(inputs, self.draw(ops.shape(inputs)), self.rate)

    def draw(self, shape: tuple[Any, ...]) -> Any:
        """Draw the dropout mask: booleans of the given shape, true where a number is kept."""
        if keras.backend.backend() != "tensorflow":
            return keras.random.uniform(shape, seed=self.seed_generator) >= self.rate
        drawn = two_bytes(shape, self.seed_generator.next())
        return drawn >= min(round(self.rate * CHOICES), CHOICES - 1)


def drop(inputs: Any, kept: Any, rate: float) -> Any:
    """Zero what is not kept and scale the rest.

    Args:
        inputs: Any numbers.
        kept: The dropout mask, of the same shape.
        rate: The part that is not kept, from 0 up to, not including, 1.

    Returns:
        Numbers of the same shape and expected sum.
    """
    return ops.where(kept, inputs * (1 / (1 - rate)), 0)


def two_bytes(shape: tuple[Any, ...], seed: Any) -> Any:
    """Draw uniform integers from 0 to 65,535.

    Args:
        shape: The shape of the result.
        seed: Two integers.

    Returns:
        A uint16 tensor, a pure function of the seed.
    """
    import tensorflow as tf

    count = tf.reduce_prod(tf.convert_to_tensor(shape))
    words = tf.random.stateless_uniform([(count + 1) // 2], tf.cast(seed, tf.int32), None, None, tf.uint32)
    return tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:count], shape)
