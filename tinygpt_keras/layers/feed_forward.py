"""The feed-forward network: what a position makes of what it has gathered."""

import functools
import math
from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.fast.dense import make_dense
from tinygpt_keras.layers.fast.dropout import Dropout
from tinygpt_keras.layers.initialization import Initialization


def relu_squared(x: Any) -> Any:
    """Square what is above zero (https://arxiv.org/abs/2109.08668)."""
    return ops.square(ops.relu(x))


@ops.custom_gradient
def gelu(x: Any) -> tuple[Any, Any]:
    """Weigh each input by the chance that a normal variable is below it (https://arxiv.org/abs/1606.08415).

    Its slope is written out: TensorFlow derives one of eleven passes over the widest numbers of a step instead of
    seven, and keeps three of them until it is asked for, not one.
    """
    chance = 0.5 + 0.5 * ops.erf(x * 0.5**0.5)
    density = ops.exp(-0.5 * ops.square(x)) * (2 * math.pi) ** -0.5
    slope = chance + x * density
    return x * chance, lambda upstream: upstream * slope


# SwiGLU multiplies a SiLU gate with a second projection; see FeedForward.
ACTIVATIONS = {"gelu": gelu, "relu": ops.relu, "relu_squared": relu_squared, "swiglu": ops.silu}


@keras.saving.register_keras_serializable("tinygpt_keras")
class FeedForward(keras.layers.Layer):
    """Widens each position's channels, bends them, and narrows them again.

    Args:
        hidden_dim: The inner width.
        activation: `gelu`, `relu`, `relu_squared`, or `swiglu` (https://arxiv.org/abs/2002.05202), which
            multiplies the widened channels with a gate.
        bias: Biases in its projections.
        dropout: Part of the output dropped in training.
        initialization: Which first weights; see `Initialization`.

    Input shape: `(B, T, C)`.

    Output shape: `(B, T, C)`.
    """

    def __init__(
        self,
        hidden_dim: int,
        activation: str = "gelu",
        bias: bool = True,
        dropout: float = 0.0,
        initialization: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.activation = activation
        self.bias = bias
        self.initialization = Initialization(**initialization or {})
        self.dropout = Dropout(dropout, dtype=self.dtype_policy, name="dropout")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the projections."""
        width = int(input_shape[-1] or 0)
        dense = functools.partial(
            make_dense, bias=self.bias, initialization=self.initialization, dtype=self.dtype_policy
        )
        self.expansion = dense("expansion", width, self.hidden_dim)
        self.gate = dense("gate", width, self.hidden_dim) if self.activation == "swiglu" else None
        self.projection = dense("projection", self.hidden_dim, width, residual=True)
        self.built = True

    def call(self, x: Any, training: bool = False) -> Any:
        """Compute each position for itself.

        Args:
            x: The normalised residual stream, `(B, T, C)`.
            training: Whether dropout acts.

        Returns:
            `(B, T, C)`.
        """
        activate = ACTIVATIONS[self.activation]
        hidden = self.expansion(x)  # (B, T, hidden)
        hidden = activate(hidden) if self.gate is None else activate(self.gate(x)) * hidden
        return self.dropout(self.projection(hidden), training=training)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Give the output's shape: the input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Give what `__init__` needs to make this layer again."""
        return {
            **super().get_config(),
            "hidden_dim": self.hidden_dim,
            "activation": self.activation,
            "bias": self.bias,
            "dropout": self.dropout.rate,
            "initialization": self.initialization.as_dict(),
        }
