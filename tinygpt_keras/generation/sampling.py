"""From logits to one drawn character: temperature, top-k, top-p, min-p, and a seed.

Everything is a pure function of its arguments, row by row, so that a text does not depend on its neighbours
in a batch, on how many characters are asked for at once, or on who asks.
"""

from typing import Any, NamedTuple

from keras import ops

GOLDEN = 0x9E3779B9  # 2 ** 32 divided by the golden ratio: spreads neighbouring seeds
SMALLEST = 2.0**-126  # the smallest normal float32; what is below it some kernels take for 0, and others divide by


class Knobs(NamedTuple):
    """The settings of each row, `(B,)` each; every number has a meaning, the same eagerly, in a graph and under XLA."""

    temperature: Any
    """Divides the logits from 2 ** -126 up; at infinity all characters are equally likely. At anything else, be it 0,
    negative, denormal or NaN, the likeliest character is drawn, whatever the other settings."""
    top_k: Any
    """How many of the likeliest characters to draw from; all when it is 0 or negative."""
    top_p: Any
    """Draw from the likeliest that together reach this chance: from all when it is at least 1, and from the likeliest
    alone when it is 0, negative or NaN."""
    min_p: Any
    """Draw from those at least this part as likely as the likeliest: from all when it is 0 or negative, and from the
    likeliest alone when it is above 1 or NaN."""
    seed: Any
    """Any int32."""


def choose(logits: Any, knobs: Knobs, drawn: Any) -> Any:
    """Draw the next character of each row.

    The chances are summed from the rarest up, since most boundaries lie between rare characters: summed from the
    likeliest down they would all be near 1, where float32 is coarse.

    Args:
        logits: `(B, V)`.
        knobs: The settings of each row.
        drawn: How many characters each row has drawn before, `(B,)`.

    Returns:
        Ids, `(B,)` int32.
    """
    probabilities, order = candidates(logits, knobs)  # (B, V) each, likeliest first
    rarer = ops.cumsum(ops.flip(probabilities, axis=-1), axis=-1)
    passed = rarer < 1 - uniform(knobs.seed, drawn)[:, None]
    place = logits.shape[-1] - 1 - ops.sum(ops.cast(passed, "int32"), axis=-1, keepdims=True)
    # Rounding may leave the sum of all chances just below the number drawn.
    return ops.cast(ops.take_along_axis(order, ops.maximum(place, 0), axis=-1)[:, 0], "int32")


def candidates(logits: Any, knobs: Knobs) -> tuple[Any, Any]:
    """Compute the chances from which a character is drawn, likeliest first.

    Temperature acts first, then top-k, top-p (https://arxiv.org/abs/1904.09751) on what is left, and min-p
    (https://arxiv.org/abs/2407.01082). Of equal logits the lower id goes first, so top-k keeps exactly k.

    Args:
        logits: `(B, V)`.
        knobs: The settings of each row.

    Returns:
        Probabilities that sum to one, and the ids that they belong to, `(B, V)` each.
    """
    vocab_size = logits.shape[-1]
    sorted_logits, order = ops.top_k(ops.cast(logits, "float32"), vocab_size)
    # No comparison is negated: Grappler turns `not (t > 0)` into `t <= 0`, which NaN answers otherwise.
    warm = knobs.temperature >= SMALLEST
    temperature = ops.where(warm, knobs.temperature, 1.0)[:, None]
    chances = ops.softmax((sorted_logits - sorted_logits[:, :1]) / temperature, axis=-1)
    limit = ops.where(warm, ops.where(knobs.top_k > 0, knobs.top_k, vocab_size), 1)[:, None]
    rank = ops.arange(vocab_size, dtype="int32")[None, :]
    chances = renormalize(chances, rank < limit)
    before = ops.cumsum(chances, axis=-1) - chances
    top_p, min_p = knobs.top_p[:, None], knobs.min_p[:, None]
    nucleus = ops.logical_or(before < top_p, top_p >= 1)
    likely = ops.logical_and(nucleus, chances >= min_p * chances[:, :1])
    return renormalize(chances, ops.logical_or(likely, rank == 0)), order


def distribution(logits: Any, knobs: Knobs) -> Any:
    """Compute the chance of every character in id order: `(B, V)` to `(B, V)`."""
    chances, order = candidates(logits, knobs)
    return ops.take_along_axis(chances, ops.argsort(order, axis=-1), axis=-1)


def renormalize(chances: Any, kept: Any) -> Any:
    """Keep some chances and let them sum to one again."""
    chances = ops.where(kept, chances, 0.0)
    return chances / ops.sum(chances, axis=-1, keepdims=True)


def uniform(seed: Any, drawn: Any) -> Any:
    """Give the random number of a row's next character, in [0, 1).

    A counter-based generator: the hash of (seed, count). Keras and TensorFlow draw for a whole batch from one
    seed, which would make a row's text depend on its place. The mixing is MurmurHash3's finaliser.

    Args:
        seed: `(B,)` integers.
        drawn: How many numbers each row has used, `(B,)` integers.

    Returns:
        `(B,)` float32, multiples of 2 ** -24.
    """
    key = mix(ops.cast(seed, "uint32") + constant(GOLDEN))
    bits = mix(key ^ mix(ops.cast(drawn, "uint32") * constant(GOLDEN) + constant(1)))
    return ops.cast(ops.right_shift(bits, constant(8)), "float32") * 2.0**-24


def mix(x: Any) -> Any:
    """Spread every bit of a uint32 over all others (Appleby, MurmurHash3, fmix32; public domain)."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        x = (x ^ ops.right_shift(x, constant(shift))) * constant(factor)
    return x


def constant(value: int) -> Any:
    """Make a uint32 scalar."""
    return ops.convert_to_tensor(value, dtype="uint32")
