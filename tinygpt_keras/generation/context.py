"""The context that the next character is drawn from, and the room for it in the key-value cache.

Past the block size the context slides in half steps: when it is full, its newest half is kept and encoded
anew, and the next character follows it. So a context has between half a block and a whole block, every
logit is the model's own on exactly that context, and the cost of encoding is spread over half a block of
characters. The same rule serves learned positions and RoPE.
"""

from typing import Any

from keras import ops

State = dict[str, Any]

GROWTH = 32  # characters for which a growing cache makes room at once: copied seldom, and little read in vain


def read(model: Any, ids: Any) -> tuple[Any, list[Any]]:
    """Read texts from their start: ids `(B, T)` to logits `(B, T, V)` and a cache with room for a block."""
    if ids.shape[1] == 1:
        # Keras warns of a softmax over one place; what follows a character changes nothing of it.
        ids = ops.concatenate([ids, ids], axis=1)
    logits, cache = model.read(ids)
    return logits, resize(cache, model.config.block_size)


def make_room(model: Any, state: State, growing: bool) -> State:
    """Slide the contexts that are full, and only those.

    Args:
        model: The model.
        state: Any state.
        growing: Whether the cache follows the contexts; see `advance`.

    Returns:
        A state in which every context, and the cache, has room for a character.
    """
    # A loop, which ends after one slide, and not a choice: XLA copies whatever a choice leaves as it is, here the cache
    # for every character.
    roomy: Any = ops.while_loop(
        lambda state: ops.any(is_full(model, state)), lambda state: slide(model, state, growing), state
    )
    return follow(model, roomy) if growing and state["cache"] else roomy


def context_length(prompt: int, written: int, block_size: int) -> int:
    """Say how many characters the next one follows.

    Args:
        prompt: The prompt's length in characters, at least 1.
        written: How many have been written since.
        block_size: The most that a context holds.

    Returns:
        The length of the context, whose characters are the newest.
    """
    at_first, kept = min(prompt, block_size), block_size // 2
    since_full = written - (block_size - at_first)
    return at_first + written if since_full <= 0 else kept + 1 + (since_full - 1) % (block_size - kept)


def is_full(model: Any, state: State) -> Any:
    """Say which contexts have no room for a character, `(B,)`."""
    return state["length"] >= model.config.block_size


def slide(model: Any, state: State, growing: bool) -> State:
    """Keep the newest half of the full contexts and encode it anew.

    Args:
        model: The model.
        state: Any state, its cache with room for a block.
        growing: Whether shapes may change; then no other context is encoded, too, just because it stands beside.

    Returns:
        The state with those rows half as long; their logits are not used again.
    """
    block_size, full = model.config.block_size, is_full(model, state)
    kept = block_size // 2
    newest = state["window"][:, block_size - kept :]  # (B, kept)
    rows = ops.cast(ops.nonzero(full)[0], "int32") if growing else None
    _, encoded = read(model, newest if rows is None else ops.take(newest, rows, axis=0))

    def put(new: Any, old: Any) -> Any:
        if rows is None:
            return ops.where(full[:, None, None, None], new, old)
        return ops.scatter_update(old, rows[:, None], new)

    cache = [
        (put(new_key, old_key), put(new_value, old_value))
        for (new_key, new_value), (old_key, old_value) in zip(encoded, state["cache"], strict=True)
    ]
    rest = ops.zeros_like(state["window"][:, kept:])
    slid = ops.concatenate([newest, rest], axis=1)
    return {
        **state,
        "window": ops.where(full[:, None], slid, state["window"]),
        "length": ops.where(full, kept, state["length"]),
        "cache": cache,
    }


def follow(model: Any, state: State) -> State:
    """Let the cache grow when it is full, and shrink when all contexts have.

    Args:
        model: The model.
        state: Any state.

    Returns:
        A state whose cache has room for a character more than the longest context.
    """
    size, longest = ops.shape(state["cache"][0][0])[2], ops.max(state["length"])
    fits = ops.logical_and(longest < size, size <= longest + GROWTH)
    wanted = ops.minimum(longest + GROWTH, model.config.block_size)
    return ops.cond(fits, lambda: state, lambda: {**state, "cache": resize(state["cache"], wanted)})


def resize(cache: list[Any], size: Any) -> list[Any]:
    """Cut a cache off, or fill it up with zeros: each part is `(B, H, size, D)` afterwards."""

    def fit(part: Any) -> Any:
        part = part[:, :, :size]
        batch, heads, kept, head_dim = ops.shape(part)
        rest = ops.zeros((batch, heads, size - kept, head_dim), part.dtype)
        return ops.reshape(ops.concatenate([part, rest], axis=2), (batch, heads, size, head_dim))

    return [(fit(keys), fit(values)) for keys, values in cache]
