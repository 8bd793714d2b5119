"""The context window of generation and the size of its key/value cache.

When the context window is full, it slides by half a block: its newest half is kept and encoded again from position 0.
From then on a context is between half a block and a block long, and its logits are exactly the model's on that context.
The cost of encoding is spread over half a block of characters. Learned positions and RoPE follow the same rule.
"""

from typing import Any

from keras import ops, tree

State = dict[str, Any]

GROWTH = 32  # characters by which a growing cache is enlarged: few reallocations, little padding


def read(model: Any, ids: Any, across: dict[str, Any] | None = None) -> tuple[Any, list[Any]]:
    """Encode ids `(B, T)`: return logits `(B, T, V)` and a key/value cache of a whole block.

    Args:
        model: The model.
        ids: Prompts, or the beginnings of replies.
        across: For a `Transformer`: what its method `across` returns.
    """
    if ids.shape[1] == 1:
        # Keras warns of a softmax over a single key. A second position cannot change the first: attention is causal.
        ids = ops.concatenate([ids, ids], axis=1)
    logits, cache = model.read(ids, **across or {})
    return logits, resize(cache, model.config.block_size)


def make_room(model: Any, state: State, growing: bool) -> State:
    """Slide the context windows that are full.

    Args:
        model: The model.
        state: The state of generation.
        growing: Whether the cache grows and shrinks with the contexts; see `advance`.

    Returns:
        A state with room for one more character in every context and in the cache.
    """
    # A `while_loop` that runs at most once, not a `cond`: XLA copies what a `cond` passes through unchanged, here the
    # whole cache for every character.
    roomy: Any = ops.while_loop(
        lambda state: ops.any(is_full(model, state)), lambda state: slide(model, state, growing), state
    )
    return follow(model, roomy) if growing and state["cache"] else roomy


def context_length(prompt: int, written: int, block_size: int) -> int:
    """Compute the length of the context from which the next character is predicted.

    Args:
        prompt: The prompt's length in characters, at least 1.
        written: The number of characters generated so far.
        block_size: The maximum context length.

    Returns:
        The number of newest characters in the context.
    """
    at_first, kept = min(prompt, block_size), block_size // 2
    since_full = written - (block_size - at_first)
    return at_first + written if since_full <= 0 else kept + 1 + (since_full - 1) % (block_size - kept)


def is_full(model: Any, state: State) -> Any:
    """Whether each context window is full, `(B,)`."""
    return state["length"] >= model.config.block_size


def slide(model: Any, state: State, growing: bool) -> State:
    """Keep the newest half of each full context, and encode it again.

    Args:
        model: The model.
        state: A state whose cache has the size of a block.
        growing: Whether shapes may change; then only the full rows are encoded, otherwise all.

    Returns:
        The state, its full rows cut to half a block. Their logits are stale; `step` replaces them.
    """
    block_size, full = model.config.block_size, is_full(model, state)
    kept = block_size // 2
    newest = state["window"][:, block_size - kept :]  # (B, kept)
    rows = ops.cast(ops.nonzero(full)[0], "int32") if growing else None

    def take(part: Any) -> Any:
        return part if rows is None else ops.take(part, rows, axis=0)

    _, encoded = read(model, take(newest), tree.map_structure(take, state["across"]))

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
    """Resize the cache when the longest context fills it, or leaves more than `GROWTH` places empty.

    Args:
        model: The model.
        state: The state of generation.

    Returns:
        A state whose cache has room for one character more than the longest context.
    """
    size, longest = ops.shape(state["cache"][0][0])[2], ops.max(state["length"])
    fits = ops.logical_and(longest < size, size <= longest + GROWTH)
    wanted = ops.minimum(longest + GROWTH, model.config.block_size)
    return ops.cond(fits, lambda: state, lambda: {**state, "cache": resize(state["cache"], wanted)})


def resize(cache: list[Any], size: Any) -> list[Any]:
    """Truncate keys and values, or pad them with zeros, to `(B, H, size, D)` each."""

    def fit(part: Any) -> Any:
        part = part[:, :, :size]
        batch, heads, kept, head_dim = ops.shape(part)
        rest = ops.zeros((batch, heads, size - kept, head_dim), part.dtype)
        return ops.reshape(ops.concatenate([part, rest], axis=2), (batch, heads, size, head_dim))

    return [(fit(keys), fit(values)) for keys, values in cache]
