"""The signatures of a SavedModel, a method each."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import windows_at_once
from tinygpt_keras.generation.compiled import compile_decoding, write_in_graph
from tinygpt_keras.generation.sampling import Knobs
from tinygpt_keras.serving.tokenizer import GraphTokenizer
from tinygpt_keras.text.tokenizer import CharTokenizer

DEFAULT_SEED = 0
LONGEST = 10**6  # characters of a text; memory for all of them is allocated first


class ServedModel:
    """The signatures of a SavedModel.

    Args:
        model: A built model.
        tokenizer: The model's tokenizer.
        jit_compile: Whether XLA compiles the loop for single texts.
    """

    def __init__(self, model: Any, tokenizer: CharTokenizer, jit_compile: bool) -> None:
        self.model = model
        self.jit_compile = jit_compile
        self.block_size = model.config.block_size
        self.tokenizer = GraphTokenizer(tokenizer)
        self.compiled = compile_decoding(model)
        self._write = tf.function(self._trace, autograph=False)  # traced once, for all signatures that write

    def serving_default(self, prompt: tf.Tensor) -> dict[str, tf.Tensor]:
        """Continue each prompt with the default sampling options."""
        options = SamplingOptions()
        values = options.max_new, *Knobs.of(options, DEFAULT_SEED)
        return self.generate_min_p(prompt, *(tf.fill(tf.shape(prompt), tf.constant(value)) for value in values))

    def generate(
        self,
        prompt: tf.Tensor,
        max_new: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Continue each prompt with its own options, as `Generator.generate` continues it alone."""
        return self._write(prompt, max_new, Knobs(temperature, top_k, top_p, tf.zeros_like(top_p), seed))

    def generate_min_p(
        self,
        prompt: tf.Tensor,
        max_new: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        min_p: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Continue each prompt as `generate` does, also with min-p."""
        return self._write(prompt, max_new, Knobs(temperature, top_k, top_p, min_p, seed))

    def _trace(self, prompt: tf.Tensor, max_new: tf.Tensor, knobs: Knobs) -> dict[str, tf.Tensor]:
        """Continue each prompt."""
        read = self.tokenizer.encode(prompt)
        lengths = tf.maximum(max_new, 0)
        count = tf.reduce_max(tf.concat([lengths, [0]], 0))
        with tf.control_dependencies([tf.debugging.Assert(count <= LONGEST, [f"max_new is above {LONGEST}"])]):
            count = tf.identity(count)
        ids, *others = self.prompts(read)
        with tf.control_dependencies([check_rows(prompt, max_new, *knobs)]):
            ids = tf.identity(ids)
        end = self.model.config.end_id
        written = write_in_graph(self.compiled, (ids, *others), count, knobs, self.jit_compile, end)
        return {"text": self.tokenizer.decode(self.text(read, written, lengths))}

    def prompts(self, read: tf.RaggedTensor) -> tuple[tf.Tensor, ...]:
        """Return the arguments of `decoding.begin`, of encoded prompts, `(B, None)`."""
        return self.tokenizer.prompts(read, self.block_size)

    def text(self, read: tf.RaggedTensor, written: tf.Tensor, lengths: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids of the texts, `(B, None)`: the prompts with what is written, `(B, T)`, cut to its length."""
        new = tf.RaggedTensor.from_tensor(written, lengths=lengths)
        return tf.concat([read, tf.cast(new, tf.int32)], axis=1)

    def next_char(self, prompt: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the probability of every character after each prompt."""
        read = self.tokenizer.encode(prompt)
        state = self.compiled.begin(*self.prompts(read))
        vocabulary = self.tokenizer.vocabulary()[None, :]
        return {
            "characters": tf.tile(vocabulary, [tf.shape(prompt)[0], 1]),
            "probabilities": tf.nn.softmax(state["logits"])[:, : self.model.config.vocab_size],
        }

    def scoring(self) -> tuple[Callable[..., dict[str, tf.Tensor]], tuple[str, ...]]:
        """Return the method of the signature `score`, and the names of its inputs."""
        return self.score, ("text",)

    def score(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Compute the mean loss of each text, in windows of the block size; the first follows a newline."""
        read = self.tokenizer.encode(text)
        counts = read.row_lengths()
        missing = -counts % self.block_size  # to complete the last window
        targets = append_zeros(read, missing)
        starts = tf.fill([tf.shape(text)[0], 1], self.tokenizer.start)
        inputs = tf.concat([starts, targets], axis=1)[:, :-1]
        losses = self.losses(*(tf.reshape(ids.flat_values, [-1, self.block_size]) for ids in (inputs, targets)))
        weights = append_zeros(tf.ones_like(read, tf.float32), missing)
        sums = tf.reduce_sum(weights * targets.with_flat_values(tf.reshape(losses, [-1])), axis=1)
        count = tf.cast(counts, tf.float32)
        return {"loss": tf.math.divide_no_nan(sums, count), "characters": tf.cast(counts, tf.int32)}

    def losses(self, inputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Compute the losses of windows, `(N, T)`, some at a time, so that memory does not grow with the text.

        Args:
            inputs: What the model takes, `(N, T)` each.
            targets: `(N, T)`, T the block size.
        """
        count = tf.shape(targets)[0]
        at_once = windows_at_once(self.model.config)
        batches = tf.maximum(-(-count // at_once), 1)
        rows = tf.maximum(-(-count // batches), 1)

        def batched(windows: tf.Tensor) -> tf.Tensor:
            filled = tf.pad(windows, [[0, batches * rows - count], [0, 0]])
            return tf.reshape(filled, [batches, rows, self.block_size])

        losses = tf.map_fn(
            lambda batch: tf.nn.sparse_softmax_cross_entropy_with_logits(batch[1], self.model(batch[0])),
            (tf.nest.map_structure(batched, inputs), batched(targets)),
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )
        return tf.reshape(losses, [-1, self.block_size])[:count]


def check_rows(*columns: tf.Tensor) -> tf.Operation:
    """Check that all inputs have the same number of rows: TensorFlow would broadcast one, XLA would take the first."""
    counts = tf.stack([tf.shape(column)[0] for column in columns])
    return tf.debugging.Assert(tf.reduce_all(counts == counts[0]), ["the inputs have different numbers of rows"])


def append_zeros(rows: tf.RaggedTensor, counts: tf.Tensor) -> tf.RaggedTensor:
    """Append zeros to each row of `(B, None)`, as many as `counts`, `(B,)`, says."""
    zeros = tf.zeros([tf.reduce_sum(counts)], rows.dtype)
    return tf.concat([rows, tf.RaggedTensor.from_row_lengths(zeros, counts)], axis=1)
