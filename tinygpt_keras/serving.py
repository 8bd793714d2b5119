"""The SavedModel: strings in, strings out, the tokenizer inside the graph, no Python code needed to call it.

| signature | takes, one value a row | gives, one value a row |
| --- | --- | --- |
| `serving_default` | `prompt` | `text`, by the default sampling with seed 0 |
| `generate` | `prompt`, `max_new`, `temperature`, `top_k`, `top_p`, `seed` | `text` |
| `next_char` | `prompt` | `characters` and their `probabilities`, a list each |
| `score` | `text` | `loss` in nats per character, `characters` counted |

Every signature takes any number of rows, none included. What a number means that no sensible setting is, such as NaN,
`Knobs` says; a negative `max_new` writes nothing, and one above a million is refused.

A single text is written by XLA, which TensorFlow Serving allows only if it is started with
`--xla_cpu_compilation_enabled`; exported without XLA it needs no flag, and writes the same text more slowly.
"""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tinygpt_keras import atomic
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import windows_at_once
from tinygpt_keras.generation.compiled import compile_decoding, write_in_graph
from tinygpt_keras.generation.sampling import Knobs
from tinygpt_keras.text.tokenizer import UNICODE, CharTokenizer

VERSION_FOLDER = "1"  # TensorFlow Serving expects numbered versions
DEFAULT_SEED = 0
LONGEST = 10**6  # characters of a text; room for all of them is made before the first is written


class GraphTokenizer(tf.Module):
    """A `CharTokenizer` as a TensorFlow graph.

    Args:
        tokenizer: Whose vocabulary and plain forms it takes over.
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
            default_value=len(known),  # the empty form: what is unknown is left out
        )
        self._points = tf.constant([ord(character) for character in tokenizer.characters], tf.int32)
        self._start = tokenizer.start_id

    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Turn texts `(B,)` into ragged ids `(B, None)`, by the rules of `CharTokenizer.plain`."""
        points = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        rows = points.with_flat_values(self._rows.lookup(tf.cast(points.flat_values, tf.int64)))
        return tf.gather(self._forms, rows).merge_dims(1, 2)

    def prompts(self, ids: tf.RaggedTensor, block_size: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Cut prompts to their newest block and fill them up: ids `(B, P)` and lengths `(B,)`."""
        empty = tf.cast(ids.row_lengths() == 0, tf.int64)
        starts = tf.RaggedTensor.from_row_lengths(tf.fill([tf.reduce_sum(empty)], self._start), empty)
        newest = tf.concat([starts, ids[:, -block_size:]], axis=1)
        padded = newest.to_tensor()
        missing = tf.maximum(1 - tf.shape(padded)[1], 0)  # a batch of no rows has no longest prompt
        return tf.pad(padded, [[0, 0], [0, missing]]), tf.cast(newest.row_lengths(), tf.int32)

    def decode(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Turn ragged ids `(B, None)` into texts `(B,)`."""
        return tf.strings.unicode_encode(ids.with_flat_values(tf.gather(self._points, ids.flat_values)), "UTF-8")

    def vocabulary(self) -> tf.Tensor:
        """Give the characters as texts, `(V,)`."""
        return tf.strings.unicode_encode(self._points[:, None], "UTF-8")


class ServedModel:
    """The functions that a SavedModel offers.

    Args:
        model: A built model.
        tokenizer: The one that it was trained with.
        jit_compile: Whether XLA writes single texts.
    """

    def __init__(self, model: Any, tokenizer: CharTokenizer, jit_compile: bool) -> None:
        self.model = model
        self.jit_compile = jit_compile
        self.block_size = model.config.block_size
        self.tokenizer = GraphTokenizer(tokenizer)
        self.compiled = compile_decoding(model)

    def serving_default(self, prompt: tf.Tensor) -> dict[str, tf.Tensor]:
        """Continue each prompt by the default sampling."""
        options = SamplingOptions()
        values = (options.max_new, options.temperature, options.top_k, options.top_p, DEFAULT_SEED)
        return self.generate(prompt, *(tf.fill(tf.shape(prompt), tf.constant(value)) for value in values))

    def generate(
        self,
        prompt: tf.Tensor,
        max_new: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Continue each prompt by its own settings, as `Generator.generate` does alone, with the same exception."""
        read = self.tokenizer.encode(prompt)
        lengths = tf.maximum(max_new, 0)
        count = tf.reduce_max(tf.concat([lengths, [0]], 0))
        with tf.control_dependencies([tf.debugging.Assert(count <= LONGEST, [f"max_new is above {LONGEST}"])]):
            count = tf.identity(count)
        knobs = Knobs(temperature, top_k, top_p, min_p=tf.zeros_like(top_p), seed=seed)
        ids, prompt_lengths = self.tokenizer.prompts(read, self.block_size)
        with tf.control_dependencies([check_rows(prompt, max_new, *knobs)]):
            ids = tf.identity(ids)
        written = write_in_graph(self.compiled, ids, prompt_lengths, count, knobs, self.jit_compile)
        new = tf.RaggedTensor.from_tensor(written, lengths=lengths)
        return {"text": self.tokenizer.decode(tf.concat([read, tf.cast(new, tf.int32)], axis=1))}

    def next_char(self, prompt: tf.Tensor) -> dict[str, tf.Tensor]:
        """Give the chance of every character after each prompt."""
        read = self.tokenizer.encode(prompt)
        state = self.compiled.begin(*self.tokenizer.prompts(read, self.block_size))
        vocabulary = self.tokenizer.vocabulary()[None, :]
        return {
            "characters": tf.tile(vocabulary, [tf.shape(prompt)[0], 1]),
            "probabilities": tf.nn.softmax(state["logits"]),
        }

    def score(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Average the loss of each text's characters, the first after a newline, in windows of a block."""
        read = self.tokenizer.encode(text)
        counts = read.row_lengths()
        missing = -counts % self.block_size  # to whole windows
        targets = append_zeros(read, missing)
        starts = tf.fill([tf.shape(text)[0], 1], self.tokenizer._start)
        inputs = tf.concat([starts, targets], axis=1)[:, :-1]
        losses = self.losses(*(tf.reshape(ids.flat_values, [-1, self.block_size]) for ids in (inputs, targets)))
        weights = append_zeros(tf.ones_like(read, tf.float32), missing)
        sums = tf.reduce_sum(weights * targets.with_flat_values(tf.reshape(losses, [-1])), axis=1)
        count = tf.cast(counts, tf.float32)
        return {"loss": tf.math.divide_no_nan(sums, count), "characters": tf.cast(counts, tf.int32)}

    def losses(self, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Compute the losses in windows, `(N, T)`, some windows at a time: so a long text takes no more memory."""
        count = tf.shape(inputs)[0]
        at_once = windows_at_once(self.block_size, self.model.config.vocab_size)
        batches = tf.maximum(-(-count // at_once), 1)
        rows = tf.maximum(-(-count // batches), 1)

        def batched(windows: tf.Tensor) -> tf.Tensor:
            filled = tf.pad(windows, [[0, batches * rows - count], [0, 0]])
            return tf.reshape(filled, [batches, rows, self.block_size])

        losses = tf.map_fn(
            lambda batch: tf.nn.sparse_softmax_cross_entropy_with_logits(batch[1], self.model(batch[0])),
            (batched(inputs), batched(targets)),
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )
        return tf.reshape(losses, [-1, self.block_size])[:count]


def check_rows(*columns: tf.Tensor) -> tf.Operation:
    """Check that all inputs have equally many rows: a single value would go for all, and XLA would take the first."""
    counts = tf.stack([tf.shape(column)[0] for column in columns])
    return tf.debugging.Assert(tf.reduce_all(counts == counts[0]), ["the inputs have different numbers of rows"])


def append_zeros(rows: tf.RaggedTensor, counts: tf.Tensor) -> tf.RaggedTensor:
    """Lengthen each row of `(B, None)` by so many zeros."""
    zeros = tf.zeros([tf.reduce_sum(counts)], rows.dtype)
    return tf.concat([rows, tf.RaggedTensor.from_row_lengths(zeros, counts)], axis=1)


def export_model(model: Any, tokenizer: CharTokenizer, target: Path, jit_compile: bool = True) -> Path:
    """Write a SavedModel.

    Args:
        model: A built model.
        tokenizer: The one that it was trained with.
        target: The folder that will hold the version folder; it appears whole.
        jit_compile: Whether XLA writes single texts, several times as fast where the server lets it.

    Returns:
        The version folder.

    Raises:
        InputError: When Keras does not run on TensorFlow, whose format it is.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise InputError(
            f"a SavedModel is made by TensorFlow, and Keras runs on {backend}. Set KERAS_BACKEND=tensorflow."
        )
    served = ServedModel(model, tokenizer, jit_compile)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(served.tokenizer)

    def rows(name: str, dtype: str) -> tf.TensorSpec:
        return tf.TensorSpec([None], dtype, name=name)

    prompt = rows("prompt", "string")
    settings = [rows("max_new", "int32"), rows("temperature", "float32"), rows("top_k", "int32")]
    settings += [rows("top_p", "float32"), rows("seed", "int32")]
    # serving_default comes first, since Keras takes the first endpoint for the default.
    archive.add_endpoint("serving_default", served.serving_default, [prompt])
    archive.add_endpoint("generate", served.generate, [prompt, *settings])
    archive.add_endpoint("next_char", served.next_char, [prompt])
    archive.add_endpoint("score", served.score, [rows("text", "string")])
    target.mkdir(parents=True, exist_ok=True)
    with atomic.whole_folder(target / VERSION_FOLDER) as folder:
        archive.write_out(str(folder), verbose=False)
    return target / VERSION_FOLDER
