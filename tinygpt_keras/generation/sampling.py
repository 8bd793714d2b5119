"""Sampling a character from logits: temperature, top-k, top-p, min-p, and a seed.

All functions are pure and work row by row, so that a text does not depend on the rest of its batch or on the number of
characters generated per call.
"""

from typing import Any, NamedTuple

from keras import ops

from tinygpt_keras.config import SamplingOptions

GOLDEN = 0x9E3779B9  # 2 ** 32 divided by the golden ratio: spreads neighbouring seeds
SMALLEST = 2.0**-126  # the smallest normal float32; below it, some kernels flush to 0 and others divide


class Knobs(NamedTuple):
    """The settings of each row, `(B,)` each. Every value is valid, and acts alike eagerly, in a graph and under XLA."""

    temperature: Any
    """Divides the logits if at least 2 ** -126; at infinity all characters are equally likely. Any other value (0,
    negative, denormal, NaN) draws the likeliest character, whatever the other settings."""
    top_k: Any
    """The number of likeliest characters to draw from; all if 0 or negative."""
    top_p: Any
    """Draw from the likeliest characters that together reach this probability: from all if at least 1, and only from
    the likeliest if 0, negative or NaN."""
    min_p: Any
    """Draw from characters at least this fraction as likely as the likeliest: from all if 0 or negative, and only from
    the likeliest if above 1 or NaN."""
    seed: Any
    """Any int32."""

    @classmethod
    def of(cls, options: SamplingOptions, seed: int) -> "Knobs":
        """Return one row's settings by its options, as Python numbers."""
        return cls(options.temperature, options.top_k, options.top_p, options.min_p, seed)


KNOB_TYPES = Knobs(temperature="float32", top_k="int32", top_p="float32", min_p="float32", seed="int32")


def choose(logits: Any, knobs: Knobs, drawn: Any) -> Any:
    """Draw the next character of each row.

    The probabilities are summed from the rarest up, because most boundaries lie between rare characters. Summed from
    the likeliest down, those would be near 1, where float32 is coarse.

    Args:
        logits: `(B, V)`.
        knobs: The settings of each row.
        drawn: The number of characters drawn before in each row, `(B,)`.

    Returns:
        Ids, `(B,)` int32.
    """
    probabilities, order = candidates(logits, knobs)  # (B, V) each, likeliest first
    rarer = ops.cumsum(ops.flip(probabilities, axis=-1), axis=-1)
    passed = rarer < 1 - uniform(knobs.seed, drawn)[:, None]
    place = logits.shape[-1] - 1 - ops.sum(ops.cast(passed, "int32"), axis=-1, keepdims=True)
    # Rounding may leave the sum of all probabilities just below the random number.
    return ops.cast(ops.take_along_axis(order, ops.maximum(place, 0), axis=-1)[:, 0], "int32")


def candidates(logits: Any, knobs: Knobs) -> tuple[Any, Any]:
    """Compute the probabilities from which a character is drawn, likeliest first.

    Temperature acts first, then top-k, top-p (https://arxiv.org/abs/1904.09751) on the renormalised rest, and min-p
    (https://arxiv.org/abs/2407.01082). Equal logits are ordered by id, so top-k keeps exactly k.

    Args:
        logits: `(B, V)`.
        knobs: The settings of each row.

    Returns:
        Probabilities that sum to one, and their ids, `(B, V)` each.
    """
    vocab_size = logits.shape[-1]
    sorted_logits, order = ops.top_k(ops.cast(logits, "float32"), vocab_size)
    # No comparison is negated: Grappler rewrites `not (t > 0)` to `t <= 0`, which is false for NaN.
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
    """Compute the probability of every character in id order: `(B, V)` to `(B, V)`."""
    chances, order = candidates(logits, knobs)
    return ops.take_along_axis(chances, ops.argsort(order, axis=-1), axis=-1)


def renormalize(chances: Any, kept: Any) -> Any:
    """Set the other probabilities to 0, and scale the kept ones to sum to one."""
    chances = ops.where(kept, chances, 0.0)
    return chances / ops.sum(chances, axis=-1, keepdims=True)


def uniform(seed: Any, drawn: Any) -> Any:
    """Return the random number of each row's next character, in [0, 1).

    A counter-based generator: a hash of (seed, count) by MurmurHash3's finaliser. Keras and TensorFlow draw a whole
    batch from one seed, which would make a text depend on its row.

    Args:
        seed: `(B,)` integers.
        drawn: The number of random numbers used before in each row, `(B,)` integers.

    Returns:
        `(B,)` float32, multiples of 2 ** -24.
    """
    key = mix(ops.cast(seed, "uint32") + constant(GOLDEN))
    bits = mix(key ^ mix(ops.cast(drawn, "uint32") * constant(GOLDEN) + constant(1)))
    return ops.cast(ops.right_shift(bits, constant(8)), "float32") * 2.0**-24


def mix(x: Any) -> Any:
    """Mix every bit of a uint32 into all others (Appleby, MurmurHash3, fmix32; public domain)."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        x = (x ^ ops.right_shift(x, constant(shift))) * constant(factor)
    return x


def constant(value: int) -> Any:
    """Return a uint32 scalar."""
    return ops.convert_to_tensor(value, dtype="uint32")
