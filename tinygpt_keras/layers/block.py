"""One pre-norm block: communication, then computation."""

from typing import Any

import keras

from tinygpt_keras.layers.attention import CausalSelfAttention
from tinygpt_keras.layers.fast import Memory
from tinygpt_keras.layers.feed_forward import FeedForward
from tinygpt_keras.layers.normalization import make_norm


@keras.saving.register_keras_serializable("tinygpt_keras")
class TransformerBlock(keras.layers.Layer):
    """Adds attention and then a feed-forward network to the residual stream.

    Both read a normalised copy, so that the stream itself is only added to, from the embedding to the final
    normalisation: `x + attention(norm(x))`, then `x + feed_forward(norm(x))`.

    Args:
        attention: Arguments of `CausalSelfAttention`.
        feed_forward: Arguments of `FeedForward`.
        norm: `layernorm` or `rmsnorm`.
        bias: Whether LayerNorm has a bias.

    Input and output shape: `(B, T, C)`.

    Reference: https://arxiv.org/abs/2002.04745
    """

    def __init__(
        self,
        attention: dict[str, Any],
        feed_forward: dict[str, Any],
        norm: str = "layernorm",
        bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.attention_norm = make_norm(norm, bias, "attention_norm", policy)
        self.attention = CausalSelfAttention(**attention, dtype=policy.name, name="attention")
        self.feed_forward_norm = make_norm(norm, bias, "feed_forward_norm", policy)
        self.feed_forward = FeedForward(**feed_forward, dtype=policy.name, name="feed_forward")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the four parts, all of the stream's width."""
        for layer in (self.attention_norm, self.attention, self.feed_forward_norm, self.feed_forward):
            layer.build(input_shape)

    def call(
        self, x: Any, visible: Any = None, rotation: Any = None, memory: Memory | None = None, training: bool = False
    ) -> Any:
        """Pass the residual stream, `(B, T, C)`, through; see `CausalSelfAttention.call` for the arguments."""
        context = {"visible": visible, "rotation": rotation, "memory": memory, "training": training}
        x = x + self.attention(self.attention_norm(x), **context)
        return x + self.feed_forward(self.feed_forward_norm(x), training=training)
