"""Beam search: keeps the likeliest beginnings of a reply at every step, for tasks with one right reply."""

from typing import Any, cast

import keras
from keras import ops, tree

from tinygpt_keras.generation import decoding
from tinygpt_keras.generation.context import State
from tinygpt_keras.generation.stateless import jit

NEVER = -1e9  # the logarithm of a probability of nothing


def length_penalty(length: Any, alpha: float) -> Any:
    """Compute what a log-probability is divided by, so that longer replies are not at a disadvantage.

    Source: https://arxiv.org/abs/1609.08144, equation 14; "Attention Is All You Need" uses alpha 0.6.

    Args:
        length: The number of symbols, with the end.
        alpha: 0 for no penalty.

    Returns:
        `((5 + length) / 6) ** alpha`.
    """
    return ((5.0 + ops.cast(length, "float32")) / 6.0) ** alpha


def search(model: Any, state: State, count: Any, beams: int, alpha: float) -> tuple[Any, Any]:
    """Find likely replies.

    A beginning that has ended keeps its place among the beams as long as its log-probability is among the highest;
    the length penalty chooses among those that are left.

    Args:
        model: A `Transformer`.
        state: The state of `decoding.begin` of B sources.
        count: The most symbols of a reply, its end included.
        beams: W, the beginnings kept of each reply.
        alpha: The exponent of the length penalty.

    Returns:
        Ids of the best reply to each source, `(B, count)`, filled up with the end's id, and its log-probability,
        `(B,)`.
    """
    batch, end = ops.shape(state["length"])[0], model.config.end_id
    state = cast(State, tree.map_structure(lambda part: ops.repeat(part, beams, axis=0), state))  # (B W, ...)
    # All beams begin alike, so all but the first count for nothing at first.
    scores = ops.where(ops.arange(beams) == 0, 0.0, NEVER) + ops.zeros((batch, 1))  # (B, W)
    written = ops.full((batch * beams, count), end, "int32")
    columns = ops.arange(count, dtype="int32")[None, :]

    def goes_on(place: Any, scores: Any, written: Any, state: State) -> Any:
        del scores, state
        return ops.logical_and(place < count, ops.logical_not(ops.all(has_ended(written, place, end))))

    def one(place: Any, scores: Any, written: Any, state: State) -> tuple[Any, Any, Any, State]:
        scores, parents, chosen = choose(scores, state["logits"], has_ended(written, place, end), end)
        moved = {name: part for name, part in state.items() if name != "across"}  # a beam never leaves its source
        moved = cast(State, tree.map_structure(lambda part: ops.take(part, parents, axis=0), moved))
        state = {**moved, "across": state["across"]}
        written = ops.take(written, parents, axis=0)
        written = ops.where(columns == place, chosen[:, None], written)
        # The last symbol leads to no other, and its place may be beyond the block.
        state = cast(State, ops.cond(place + 1 < count, lambda: decoding.step(model, state, chosen), lambda: state))
        return place + 1, scores, written, state

    start = ops.convert_to_tensor(0, "int32")
    _, scores, written, _ = ops.while_loop(goes_on, one, (start, scores, written, state))
    lengths = ops.minimum(ops.sum(ops.cast(written != end, "int32"), axis=1) + 1, count)  # (B W,)
    ranked = scores / ops.reshape(length_penalty(lengths, alpha), (batch, beams))
    best = ops.argmax(ranked, axis=1)
    rows = ops.cast(ops.arange(batch), "int32") * beams + ops.cast(best, "int32")
    return ops.take(written, rows, axis=0), ops.take_along_axis(scores, best[:, None], axis=1)[:, 0]


def has_ended(written: Any, place: Any, end: int) -> Any:
    """Whether each reply, `(N, count)`, ended before a place: everything not yet written is the end's id, too."""
    before = ops.arange(ops.shape(written)[1], dtype="int32")[None, :] < place
    return ops.any(ops.logical_and(before, written == end), axis=1)


def choose(scores: Any, logits: Any, ended: Any, end: int) -> tuple[Any, Any, Any]:
    """Extend every beginning by every symbol, and keep the likeliest.

    Args:
        scores: Log-probabilities of the beginnings, `(B, W)`.
        logits: Of the next symbol, `(B W, V)`.
        ended: Which have ended and stay as they are, `(B W,)`.
        end: The end's id.

    Returns:
        The new log-probabilities, `(B, W)`; the row that each extends, `(B W,)`; and its symbol, `(B W,)`.
    """
    batch, beams = ops.shape(scores)
    classes = logits.shape[-1]
    stays = ops.where(ops.arange(classes) == end, 0.0, NEVER)[None, :]  # (1, V)
    chances = ops.where(ended[:, None], stays, ops.log_softmax(logits, axis=-1))
    total = ops.reshape(scores[:, :, None] + ops.reshape(chances, (batch, beams, classes)), (batch, beams * classes))
    kept, places = ops.top_k(total, beams)  # (B, W)
    parents = places // classes + ops.cast(ops.arange(batch), places.dtype)[:, None] * beams
    return kept, ops.reshape(parents, (-1,)), ops.cast(ops.reshape(places % classes, (-1,)), "int32")


def compile_search(model: Any) -> Any:
    """Return `search` for a model, compiled."""

    def run(state: State, count: int, beams: int, alpha: float) -> tuple[Any, Any]:
        return search(model, state, count, beams, alpha)

    if keras.backend.backend() == "jax":
        return jit(model, run, constant=[1, 2])
    if keras.backend.backend() != "tensorflow":
        return run
    import tensorflow as tf

    return tf.function(run, autograph=False, reduce_retracing=True)
