"""Layer normalisation's centring and scaling, with its gradient written out."""

from typing import Any

from keras import ops

EPSILON = 1e-5  # PyTorch's, so that weights trained there give the same logits here


def standardize_formula(x: Any) -> Any:
    """Shift and scale each position's channels, `(..., C)`, to mean zero and variance one."""
    centered = x - ops.mean(x, axis=-1, keepdims=True)
    return centered * ops.rsqrt(ops.mean(ops.square(centered), axis=-1, keepdims=True) + EPSILON)


@ops.custom_gradient
def standardize(x: Any) -> tuple[Any, Any]:
    """Compute `standardize_formula` with a backward pass that reads memory less often and keeps fewer tensors.

    Args:
        x: `(..., C)`, at least float32.

    Returns:
        `(..., C)`.
    """
    centered = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centered), axis=-1, keepdims=True) + EPSILON)  # (..., 1)
    standard = centered * scale

    def gradient(upstream: Any) -> Any:
        along = ops.mean(upstream * standard, axis=-1, keepdims=True)
        return scale * (upstream - ops.mean(upstream, axis=-1, keepdims=True) - standard * along)

    return standard, gradient
