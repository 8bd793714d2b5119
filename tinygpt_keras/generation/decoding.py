"""Token by token with a key-value cache.

Past the block size the context slides in half steps: when it is full, its newest half is kept and encoded
anew, and the next character follows it. So a context has between half a block and a whole block, every
logit is the model's own on exactly that context, and the cost of encoding is spread over half a block of
characters. The same rule serves learned positions and RoPE.
"""

from typing import Any

from keras import ops

from tinygpt_keras.generation.sampling import Knobs, choose

State = dict[str, Any]


def begin(model: Any, ids: Any, lengths: Any) -> State:
    """Read the prompts.

    Args:
        model: A `TinyGPT` or `Bigram`.
        ids: Prompts, `(B, P)` int32 with P up to the block size, filled up at the end with anything.
        lengths: The length of each prompt, at least 1, `(B,)` int32.

    Returns:
        The state of generation: `window` `(B, block_size)` and `length` `(B,)`, the context; `cache`, its keys
        and values; `logits` `(B, V)`, of the next character; `drawn` `(B,)`, the number of characters so far.
    """
    batch, longest = ops.shape(ids)
    logits, cache = model.extend(ids, places(batch, longest), model.empty_cache(batch))
    rest = ops.zeros((batch, model.config.block_size - longest), "int32")
    return {
        "window": ops.concatenate([ids, rest], axis=1),
        "length": lengths,
        "cache": cache,
        "logits": ops.take_along_axis(logits, lengths[:, None, None] - 1, axis=1)[:, 0],
        "drawn": ops.zeros_like(lengths),
    }


def advance(model: Any, state: State, count: Any, knobs: Knobs) -> tuple[State, Any]:
    """Write some characters.

    Args:
        model: The model that `begin` was called with.
        state: What `begin` or `advance` gave.
        count: How many characters, a scalar.
        knobs: The settings of each row.

    Returns:
        The new state, and the characters' ids, `(B, count)` int32.
    """
    columns = ops.arange(count, dtype="int32")[None, :]
    written = ops.zeros_like(state["length"])[:, None] + ops.zeros_like(columns)

    def one(place: Any, state: State, written: Any) -> tuple[Any, State, Any]:
        chosen = choose(state["logits"], knobs, state["drawn"])  # (B,)
        written = ops.where(columns == place, chosen[:, None], written)
        return place + 1, step(model, make_room(model, state), chosen), written

    _, state, written = ops.while_loop(
        lambda place, state, written: place < count,
        one,
        (ops.convert_to_tensor(0, "int32"), state, written),
    )
    return state, written


def step(model: Any, state: State, chosen: Any) -> State:
    """Take one character into each row's context, which has room for it.

    Args:
        model: The model.
        state: Before the character.
        chosen: Its id, `(B,)` int32.

    Returns:
        The state after it.
    """
    place = state["length"][:, None]  # (B, 1)
    logits, cache = model.extend(chosen[:, None], place, state["cache"])
    columns = ops.arange(model.config.block_size, dtype="int32")[None, :]
    return {
        "window": ops.where(columns == place, chosen[:, None], state["window"]),
        "length": state["length"] + 1,
        "cache": cache,
        "logits": logits[:, 0],
        "drawn": state["drawn"] + 1,
    }


def make_room(model: Any, state: State) -> State:
    """Slide the contexts that are full, and only those.

    Args:
        model: The model.
        state: Any state.

    Returns:
        A state in which every context has room for a character.
    """
    full = state["length"] >= model.config.block_size  # (B,)
    return ops.cond(ops.any(full), lambda: slide(model, state, full), lambda: state)


def slide(model: Any, state: State, full: Any) -> State:
    """Keep the newest half of the full contexts and encode it anew.

    Args:
        model: The model.
        state: Any state.
        full: Which rows to slide, `(B,)`.

    Returns:
        The state with those rows half as long; their logits are not used again.
    """
    block_size = model.config.block_size
    kept = block_size // 2
    newest = state["window"][:, block_size - kept :]  # (B, kept)
    batch = ops.shape(newest)[0]
    _, encoded = model.extend(newest, places(batch, kept), state["cache"])
    rows = full[:, None, None, None]
    cache = [
        (ops.where(rows, new_key, old_key), ops.where(rows, new_value, old_value))
        for (new_key, new_value), (old_key, old_value) in zip(encoded, state["cache"], strict=True)
    ]
    rest = ops.zeros((batch, block_size - kept), "int32")
    slid = ops.concatenate([newest, rest], axis=1)
    return {
        **state,
        "window": ops.where(full[:, None], slid, state["window"]),
        "length": ops.where(full, kept, state["length"]),
        "cache": cache,
    }


def places(batch: Any, length: Any) -> Any:
    """Count the places of a context from its start: `(B, T)` int32."""
    return ops.broadcast_to(ops.arange(length, dtype="int32")[None, :], (batch, length))
