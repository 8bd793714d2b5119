"""Decoding as compiled functions that take any prompt length, batch size and setting."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from tinygpt_keras.generation import decoding
from tinygpt_keras.generation.sampling import Knobs

KNOB_TYPES = Knobs(temperature="float32", top_k="int32", top_p="float32", min_p="float32", seed="int32")
PIECE = 64  # characters in one call of the compiled step, where nobody reads along


class Decoding(NamedTuple):
    """The steps of generation for one model, whose weights are read anew at every call."""

    begin: Callable[..., decoding.State]
    """`begin(ids, lengths)`."""
    advance: Callable[..., tuple[decoding.State, Any]]
    """`advance(state, count, knobs)`, any number of rows; `count` may be a tensor."""
    advance_one: Callable[..., tuple[decoding.State, Any]]
    """The same for a single row and a `count` that is a Python number, for each of which it is compiled."""


def compile_decoding(model: Any) -> Decoding:
    """Compile the steps of generation.

    XLA makes a single row several times as fast, as one step is then one piece of machine code instead of hundreds of
    operations. It compiles anew for every number of rows and gains nothing with many, so those are left to TensorFlow.

    Args:
        model: A built `TinyGPT` or `Bigram`.

    Returns:
        The functions. On other backends than TensorFlow they run uncompiled.
    """

    def begin(ids: Any, lengths: Any) -> decoding.State:
        return decoding.begin(model, ids, lengths)

    def advance(state: decoding.State, count: Any, knobs: Knobs) -> tuple[decoding.State, Any]:
        return decoding.advance(model, state, count, knobs, growing=True)

    def advance_one(state: decoding.State, count: Any, knobs: Knobs) -> tuple[decoding.State, Any]:
        return decoding.advance(model, state, count, knobs)

    if keras.backend.backend() != "tensorflow":
        return Decoding(begin, advance_one, advance_one)
    import tensorflow as tf

    def rows(dtype: str, *shape: int | None) -> Any:
        return tf.TensorSpec([None, *shape], dtype)

    begin = tf.function(begin, input_signature=[rows("int32", None), rows("int32")], autograph=False)
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


def write_in_graph(compiled: Decoding, ids: Any, lengths: Any, count: Any, knobs: Knobs, jit_compile: bool) -> Any:
    """Write text inside of a TensorFlow graph, by the very functions that Python calls.

    Args:
        compiled: What `compile_decoding` gave.
        ids: Prompts, `(B, P)`.
        lengths: Their lengths, `(B,)`.
        count: How many characters, a scalar tensor.
        knobs: The settings of each row.
        jit_compile: Whether XLA writes single texts, as it does in Python.

    Returns:
        The new ids, `(B, count)`.
    """
    import tensorflow as tf

    state = compiled.begin(ids, lengths)
    if not jit_compile:
        return compiled.advance(state, count, knobs)[1]

    def one() -> Any:
        def alone(part: Any) -> Any:
            # `ensure_shape` would do, but Grappler (TensorFlow 2.21) believes it outside of this branch, too, and then
            # folds the number of rows to 1 for any batch.
            return part[0][None]

        calls = -(-count // PIECE)
        pieces = tf.TensorArray(tf.int32, calls, element_shape=[1, PIECE])
        knobs_of_one = Knobs(*(alone(knob) for knob in knobs))

        def call(number: Any, state: Any, pieces: Any) -> Any:
            state, piece = compiled.advance_one(state, PIECE, knobs_of_one)
            return number + 1, state, pieces.write(number, piece)

        begun = 0, tf.nest.map_structure(alone, state), pieces
        _, _, pieces = tf.while_loop(lambda number, state, pieces: number < calls, call, begun)
        return tf.reshape(pieces.stack(), [1, -1])[:, :count]

    return tf.cond(tf.shape(ids)[0] == 1, one, lambda: compiled.advance(state, count, knobs)[1])
