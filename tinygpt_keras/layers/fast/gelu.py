"""GELU with its gradient written out."""

import math
from typing import Any

from keras import ops


def gelu_formula(x: Any) -> Any:
    """Weigh each input by the probability that a normal variable is below it (https://arxiv.org/abs/1606.08415)."""
    return x * (0.5 + 0.5 * ops.erf(x * 0.5**0.5))


@ops.custom_gradient
def gelu(x: Any) -> tuple[Any, Any]:
    """Compute `gelu_formula` in seven passes over the widest tensor of a step; TensorFlow's gradient takes eleven.

    The backward pass stores one tensor instead of three.
    """
    chance = 0.5 + 0.5 * ops.erf(x * 0.5**0.5)
    density = ops.exp(-0.5 * ops.square(x)) * (2 * math.pi) ** -0.5
    slope = chance + x * density
    return x * chance, lambda upstream: upstream * slope
