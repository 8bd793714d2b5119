"""Decoding as compiled functions that take any prompt length, batch size and setting without retracing."""

from collections.abc import Callable
from typing import Any

import keras

from tinygpt_keras.generation import decoding
from tinygpt_keras.generation.sampling import Knobs

KNOB_TYPES = Knobs(temperature="float32", top_k="int32", top_p="float32", min_p="float32", seed="int32")


def compile_decoding(model: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Compile `begin` and `advance` for one model, once for all shapes.

    XLA is left out: it would compile again for every batch size.

    Args:
        model: A built `TinyGPT` or `Bigram`; the functions read its weights anew at every call.

    Returns:
        `begin(ids, lengths)` and `advance(state, count, knobs)`. On other backends than TensorFlow they run
        uncompiled.
    """

    def begin(ids: Any, lengths: Any) -> decoding.State:
        return decoding.begin(model, ids, lengths)

    def advance(state: decoding.State, count: Any, knobs: Knobs) -> tuple[decoding.State, Any]:
        return decoding.advance(model, state, count, knobs)

    if keras.backend.backend() != "tensorflow":
        return begin, advance
    import tensorflow as tf

    def rows(dtype: str, *shape: int | None) -> Any:
        return tf.TensorSpec([None, *shape], dtype)

    begin = tf.function(begin, input_signature=[rows("int32", None), rows("int32")], autograph=False)
    state = tf.nest.map_structure(
        lambda part: rows(part.dtype, *part.shape[1:]), begin.get_concrete_function().structured_outputs
    )
    knobs = Knobs(*(rows(dtype) for dtype in KNOB_TYPES))
    count = tf.TensorSpec([], "int32")
    return begin, tf.function(advance, input_signature=[state, count, knobs], autograph=False)
