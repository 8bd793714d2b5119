"""The tokenizer inside a SavedModel's graph."""

import tensorflow as tf

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.text.ids import UNICODE
from tinygpt_keras.text.tokenizer import CharTokenizer


class GraphTokenizer(tf.Module):
    """A `CharTokenizer` as a TensorFlow graph.

    Args:
        tokenizer: Has the vocabulary and the plain forms.
    """

    def __init__(self, tokenizer: CharTokenizer) -> None:
        super().__init__()
        forms = {point: tokenizer.plain_form(chr(point)) for point in range(UNICODE)}
        known = {point: form for point, form in forms.items() if form}
        self._forms = tf.ragged.constant(
            [tokenizer.encode(form).tolist() for form in known.values()] + [[]], dtype=tf.int32
        )
        self._rows = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(list(known), tf.int64), tf.range(len(known), dtype=tf.int64)
            ),
            default_value=len(known),  # the empty form: unknown characters are dropped
        )
        self._points = tf.constant([ord(character) for character in tokenizer.characters], tf.int32)
        self.start = tokenizer.start_id

    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Encode texts, `(B,)`, as ragged ids, `(B, None)`, by the rules of `CharTokenizer.plain`."""
        points = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        rows = points.with_flat_values(self._rows.lookup(tf.cast(points.flat_values, tf.int64)))
        return tf.gather(self._forms, rows).merge_dims(1, 2)

    def prompts(self, ids: tf.RaggedTensor, block_size: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Truncate prompts to their last block and pad them: ids, `(B, P)`, and lengths, `(B,)`."""
        empty = tf.cast(ids.row_lengths() == 0, tf.int64)
        starts = tf.RaggedTensor.from_row_lengths(tf.fill([tf.reduce_sum(empty)], self.start), empty)
        newest = tf.concat([starts, ids[:, -block_size:]], axis=1)
        padded = newest.to_tensor()
        missing = tf.maximum(1 - tf.shape(padded)[1], 0)  # an empty batch has no longest prompt
        return tf.pad(padded, [[0, 0], [0, missing]]), tf.cast(newest.row_lengths(), tf.int32)

    def sources(self, ids: tf.RaggedTensor, config: ModelConfig) -> tf.Tensor:
        """Lay out the sources of replies as `source_ids` does: `(B, block_size)`."""
        ended = tf.concat([ids[:, 1 - config.block_size :], tf.fill([tf.shape(ids)[0], 1], config.end_id)], axis=1)
        return ended.to_tensor(config.padding_id, shape=[None, config.block_size])

    def decode(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Decode ragged ids, `(B, None)`, to texts, `(B,)`."""
        return tf.strings.unicode_encode(ids.with_flat_values(tf.gather(self._points, ids.flat_values)), "UTF-8")

    def vocabulary(self) -> tf.Tensor:
        """Return the characters as texts, `(V,)`."""
        return tf.strings.unicode_encode(self._points[:, None], "UTF-8")
