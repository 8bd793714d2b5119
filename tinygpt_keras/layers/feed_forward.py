"""The feed-forward network: two projections with a non-linearity between them, position by position."""

import functools
from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.dense import make_dense
from tinygpt_keras.layers.fast import Dropout, gelu
from tinygpt_keras.layers.initialization import Initialization


def relu_squared(x: Any) -> Any:
    """Compute the square of ReLU (https://arxiv.org/abs/2109.08668)."""
    return ops.square(ops.relu(x))


# The names are the choices of `activation` in config/model.py. For swiglu this is the activation of the gate.
ACTIVATIONS = {"gelu": gelu, "relu": ops.relu, "relu_squared": relu_squared, "swiglu": ops.silu}


@keras.saving.register_keras_serializable("tinygpt_keras")
class FeedForward(keras.layers.Layer):
    """Widens the channels of each position, applies a non-linearity, and narrows them again.

    Args:
        hidden_dim: The inner width.
        activation: `gelu`, `relu`, `relu_squared`, or `swiglu`, which multiplies the widened channels by a gate
            (https://arxiv.org/abs/2002.05202).
        bias: Whether the projections have biases.
        dropout: Rate of dropout on the output.
        initialization: Arguments of `Initialization`.

    Input and output shape: `(B, T, C)`.
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
        self.hidden_dim, self.activation, self.bias = hidden_dim, activation, bias
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

    def call(self, x: Any, training: bool = False) -> Any:
        """Transform each position of the normalised residual stream, `(B, T, C)`, alone."""
        return self.dropout(self.projection(self.hidden(x)), training=training)

    def hidden(self, x: Any) -> Any:
        """Compute the hidden units: `(B, T, C)` to `(B, T, hidden)`."""
        widened, activate = self.expansion(x), ACTIVATIONS[self.activation]
        return activate(widened) if self.gate is None else activate(self.gate(x)) * widened
