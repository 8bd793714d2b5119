"""Decoding, token by token with a key/value cache."""

from typing import Any

from keras import ops

from tinygpt_keras.generation.context import State, make_room, read
from tinygpt_keras.generation.sampling import Knobs, choose


def begin(model: Any, ids: Any, lengths: Any, source: Any = None) -> State:
    """Encode the prompts; of an encoder-decoder, the sources and the beginnings of the replies.

    Args:
        model: A `TinyGPT`, `Bigram` or `Transformer`.
        ids: Prompts, `(B, P)` int32 with P up to the block size, padded at the end with any ids; of a `Transformer`
            the beginnings of replies.
        lengths: The length of each, at least 1, `(B,)` int32.
        source: For a `Transformer`: what it replies to, `(B, S)` int32.

    Returns:
        The state of generation: `window` `(B, block_size)` and `length` `(B,)`, the context; `cache`, its keys and
        values; `across`, those of the source; `logits` `(B, V)` of the next character; `drawn` `(B,)`, the number of
        characters generated so far.
    """
    batch, longest = ops.shape(ids)
    across = {} if source is None else model.across(source)
    logits, cache = read(model, ids, across)
    rest = ops.zeros((batch, model.config.block_size - longest), "int32")
    return {
        "window": ops.concatenate([ids, rest], axis=1),
        "length": lengths,
        "cache": cache,
        "across": across,
        "logits": ops.take_along_axis(logits, lengths[:, None, None] - 1, axis=1)[:, 0],
        "drawn": ops.zeros_like(lengths),
    }


def advance(model: Any, state: State, count: Any, knobs: Knobs, growing: bool = False) -> tuple[State, Any]:
    """Generate characters.

    Args:
        model: The model that `begin` was called with.
        state: The state from `begin` or `advance`.
        count: The number of characters, a scalar.
        knobs: The settings of each row.
        growing: Whether the cache grows and shrinks with the contexts, instead of always having the size of a block.
            Every character reads the whole cache, so a smaller one is faster; but XLA cannot compile changing shapes.

    Returns:
        The new state, and the ids of the characters, `(B, count)` int32. Once each reply has ended, or fills its
        block, they are padding.
    """
    config = model.config
    columns = ops.arange(count, dtype="int32")[None, :]
    written = ops.full_like(state["length"], config.padding_id)[:, None] + ops.zeros_like(columns)

    def goes_on(place: Any, state: State, written: Any) -> Any:
        if not config.replies:
            return place < count
        has_ended = ops.any(written == config.end_id, axis=1) | (state["length"] >= config.block_size)
        return ops.logical_and(place < count, ops.logical_not(ops.all(has_ended)))

    def one(place: Any, state: State, written: Any) -> tuple[Any, State, Any]:
        chosen = choose(state["logits"], knobs, state["drawn"])  # (B,)
        written = ops.where(columns == place, chosen[:, None], written)
        return place + 1, step(model, make_room(model, state, growing), chosen), written

    _, state, written = ops.while_loop(
        goes_on,
        one,
        (ops.convert_to_tensor(0, "int32"), state, written),
    )
    return state, written


def step(model: Any, state: State, chosen: Any) -> State:
    """Append one character to each row's context, which must have room for it.

    Args:
        model: The model.
        state: The state before the character.
        chosen: The id of each row's character, `(B,)` int32.

    Returns:
        The state after the character.
    """
    place = state["length"][:, None]  # (B, 1)
    logits, cache = model.extend(chosen[:, None], place, state["cache"], **state["across"])
    columns = ops.arange(model.config.block_size, dtype="int32")[None, :]
    return {
        **state,
        "window": ops.where(columns == place, chosen[:, None], state["window"]),
        "length": state["length"] + 1,
        "cache": cache,
        "logits": logits[:, 0],
        "drawn": state["drawn"] + 1,
    }
