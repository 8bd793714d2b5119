"""Dropout, with half as many random numbers."""

from typing import Any

import keras
from keras import ops

CHOICES = 2**16  # of two random bytes


@keras.saving.register_keras_serializable("tinygpt_keras")
class Dropout(keras.layers.Dropout):
    """Zeroes a part of its input in training, and makes the rest larger, so that sums stay the same on average.

    It is Keras's, which draws four random bytes for each number; here two decide, which is precise to 1 in 65,536.
    Attention has as many weights as heads, queries and keys multiplied, so on a CPU it can be felt. On other backends
    than TensorFlow, Keras draws. `noise_shape` has no effect.

    Input shape: any.

    Output shape: the input's.

    Reference: https://arxiv.org/abs/1207.0580
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop.

        Args:
            inputs: Any numbers.
            training: Whether it acts.

        Returns:
            Some of them, larger, and zeros.
        """
        if not training or not self.rate:
            return inputs
        return drop(inputs, self.draw(ops.shape(inputs)), self.rate)

    def draw(self, shape: tuple[Any, ...]) -> Any:
        """Draw which numbers are kept; with a rate of zero there is nothing to draw.

        Args:
            shape: Of the numbers.

        Returns:
            Booleans of that shape, other ones each time.
        """
        if keras.backend.backend() != "tensorflow":
            return keras.random.uniform(shape, seed=self.seed_generator) >= self.rate
        drawn = two_bytes(shape, self.seed_generator.next())
        return drawn >= min(round(self.rate * CHOICES), CHOICES - 1)


def drop(inputs: Any, kept: Any, rate: float) -> Any:
    """Zero what is not kept, and make the rest larger.

    Args:
        inputs: Any numbers.
        kept: Which of them are kept, of the same shape.
        rate: How many are not, between 0 and 1.

    Returns:
        As many numbers, whose sum is on average the inputs'.
    """
    return ops.where(kept, inputs * (1 / (1 - rate)), 0)


def two_bytes(shape: tuple[Any, ...], seed: Any) -> Any:
    """Draw equally likely numbers from 0 to 65,535.

    Args:
        shape: Of the result.
        seed: Two integers.

    Returns:
        TensorFlow's uint16, a pure function of the seed.
    """
    import tensorflow as tf

    count = tf.reduce_prod(tf.convert_to_tensor(shape))
    words = tf.random.stateless_uniform([(count + 1) // 2], tf.cast(seed, tf.int32), None, None, tf.uint32)
    return tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:count], shape)
