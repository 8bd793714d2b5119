"""The signatures of an encoder-decoder: a prompt is a source, and a text the reply to it."""

from collections.abc import Callable

import tensorflow as tf

from tinygpt_keras.serving.model import ServedModel, check_rows


class ServedReplies(ServedModel):
    """The signatures of a `Transformer`; see `ServedModel`."""

    def prompts(self, read: tf.RaggedTensor) -> tuple[tf.Tensor, ...]:
        """Return the arguments of `decoding.begin`: each reply's start, its length, and the source, `(B, S)`."""
        lengths = tf.ones([tf.shape(read)[0]], tf.int32)
        starts = tf.fill([tf.shape(read)[0], 1], self.model.config.start_id)
        return starts, lengths, self.tokenizer.sources(read, self.model.config)

    def text(self, read: tf.RaggedTensor, written: tf.Tensor, lengths: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids of the replies, `(B, None)`: what is written before the end."""
        del read
        before = tf.math.cumprod(tf.cast(written < self.model.config.end_id, tf.int32), axis=1)  # (B, T)
        lengths = tf.minimum(lengths, tf.reduce_sum(before, axis=1))
        return tf.cast(tf.RaggedTensor.from_tensor(written, lengths=lengths), tf.int32)

    def scoring(self) -> tuple[Callable[..., dict[str, tf.Tensor]], tuple[str, ...]]:
        """Return the method of the signature `score`, and the names of its inputs."""
        return self.score_replies, ("prompt", "text")

    def score_replies(self, prompt: tf.Tensor, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Compute the mean loss of each reply with its end; one that is too long is cut, and has no end."""
        config, reply = self.model.config, self.tokenizer.encode(text)
        with tf.control_dependencies([check_rows(prompt, text)]):
            source = self.tokenizer.sources(self.tokenizer.encode(prompt), config)
        has_end = tf.cast(reply.row_lengths() < config.block_size, tf.int64)
        ends = tf.RaggedTensor.from_row_lengths(tf.fill([tf.reduce_sum(has_end)], config.end_id), has_end)
        targets = tf.concat([reply[:, : config.block_size], ends], axis=1)
        starts = tf.fill([tf.shape(text)[0], 1], config.start_id)
        inputs = tf.concat([starts, targets], axis=1)[:, :-1]
        shape = [None, config.block_size]
        pair = source, inputs.to_tensor(config.padding_id, shape=shape)
        losses = self.losses(pair, targets.to_tensor(0, shape=shape))  # (B, T)
        counts = tf.cast(targets.row_lengths(), tf.int32)
        sums = tf.reduce_sum(losses * tf.sequence_mask(counts, config.block_size, tf.float32), axis=1)
        return {"loss": sums / tf.cast(counts, tf.float32), "characters": counts}
