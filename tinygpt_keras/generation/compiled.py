"""Compiled decoding functions for any prompt length, batch size and settings."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.generation import decoding
from tinygpt_keras.generation.sampling import KNOB_TYPES, Knobs
from tinygpt_keras.generation.stateless import jit

PIECE = 64  # characters per call of the compiled step when text is not streamed


class Decoding(NamedTuple):
    """The decoding functions of one model; every call reads its current weights."""

    begin: Callable[..., decoding.State]
    """`begin(ids, lengths)`, and for a `Transformer` `begin(ids, lengths, source)`."""
    advance: Callable[..., tuple[decoding.State, Any]]
    """`advance(state, count, knobs)` for any number of rows; `count` may be a tensor."""
    advance_one: Callable[..., tuple[decoding.State, Any]]
    """The same for a single row; `count` is a Python number, and each new one is compiled anew. JAX has this alone."""

    @property
    def has_one(self) -> bool:
        """Whether one function does both."""
        return self.advance is self.advance_one


def compile_decoding(model: Any) -> Decoding:
    """Compile the decoding functions.

    XLA makes a single row several times faster: a step is then one piece of machine code instead of hundreds of
    operations. It recompiles for every batch size and gains nothing on many rows, so TensorFlow runs those.

    Args:
        model: A built `TinyGPT`, `Bigram` or `Transformer`.

    Returns:
        The functions.
    """
    backend = keras.backend.backend()

    def begin(ids: Any, lengths: Any, *source: Any) -> decoding.State:
        return decoding.begin(model, ids, lengths, *source)

    def advance(state: decoding.State, count: Any, knobs: Knobs) -> tuple[decoding.State, Any]:
        return decoding.advance(model, state, count, knobs, growing=True)

    def advance_one(state: decoding.State, count: Any, knobs: Knobs) -> tuple[decoding.State, Any]:
        return decoding.advance(model, state, count, knobs)

    if backend == "jax":
        one = jit(model, advance_one, constant=[1])
        return Decoding(of_one_length(model, jit(model, begin)), one, one)
    if backend != "tensorflow":
        return Decoding(begin, advance_one, advance_one)
    import tensorflow as tf

    def rows(dtype: str, *shape: int | None) -> Any:
        return tf.TensorSpec([None, *shape], dtype)

    prompts = [rows("int32", None), rows("int32")]
    if model.config.replies:
        prompts.append(rows("int32", model.config.block_size))
    begin = tf.function(begin, input_signature=prompts, autograph=False)
    state = tf.nest.map_structure(
        lambda part: rows(part.dtype, *part.shape[1:]), begin.get_concrete_function().structured_outputs
    )
    state["cache"] = tf.nest.map_structure(
        lambda part: rows(part.dtype, part.shape[1], None, part.shape[3]), state["cache"]
    )
    knobs = Knobs(*(rows(dtype) for dtype in KNOB_TYPES))
    count = tf.TensorSpec([], "int32")
    return Decoding(
        begin,
        tf.function(advance, input_signature=[state, count, knobs], autograph=False),
        tf.function(advance_one, jit_compile=True, autograph=False),
    )


def of_one_length(model: Any, begin: Callable[..., decoding.State]) -> Callable[..., decoding.State]:
    """Pad all prompts to a block, as JAX compiles anew for every length."""

    def padded(ids: NDArray[Any], *others: Any) -> decoding.State:
        return begin(np.pad(ids, ((0, 0), (0, model.config.block_size - ids.shape[1]))), *others)

    return padded


def write_in_graph(
    compiled: Decoding, prompts: tuple[Any, ...], count: Any, knobs: Knobs, jit_compile: bool, end: int
) -> Any:
    """Generate text inside a TensorFlow graph, with the same functions that Python calls.

    Args:
        compiled: The result of `compile_decoding`.
        prompts: The arguments of `begin`.
        count: The number of characters, a scalar tensor.
        knobs: The settings of each row.
        jit_compile: Whether to use XLA when B is 1.
        end: The id that ends a reply.

    Returns:
        The new ids, `(B, count)`; what follows an end means nothing.
    """
    import tensorflow as tf

    state = compiled.begin(*prompts)
    if not jit_compile:
        return compiled.advance(state, count, knobs)[1]

    def one() -> Any:
        def alone(part: Any) -> Any:
            # Not `ensure_shape`: Grappler (TensorFlow 2.21) would apply it outside this branch, too, and fold the batch
            # size to 1 for every batch.
            return part[0][None]

        calls = -(-count // PIECE)
        pieces = tf.TensorArray(tf.int32, calls, element_shape=[1, PIECE])
        knobs_of_one = Knobs(*(alone(knob) for knob in knobs))

        def call(number: Any, _: Any, state: Any, pieces: Any) -> Any:
            state, piece = compiled.advance_one(state, PIECE, knobs_of_one)
            return number + 1, tf.reduce_any(piece >= end), state, pieces.write(number, piece)

        begun = 0, False, tf.nest.map_structure(alone, state), pieces
        *_, pieces = tf.while_loop(lambda number, ended, *_: tf.logical_and(number < calls, ~ended), call, begun)
        return tf.reshape(pieces.stack(), [1, -1])[:, :count]

    return tf.cond(tf.shape(prompts[0])[0] == 1, one, lambda: compiled.advance(state, count, knobs)[1])
