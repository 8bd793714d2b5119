"""One pre-norm block: communication, then computation."""

from typing import Any

import keras

from tinygpt_keras.layers.attention import CausalSelfAttention
from tinygpt_keras.layers.fast.cache import Memory
from tinygpt_keras.layers.feed_forward import FeedForward
from tinygpt_keras.layers.normalization import make_norm


@keras.saving.register_keras_serializable("tinygpt_keras")
class TransformerBlock(keras.layers.Layer):
    """Adds to the residual stream what attention gathers and then what the feed-forward makes of it.

    Both read a normalised copy of the stream, so that the stream itself is only ever added to, from the embedding to
    the last normalisation: `x + attention(norm(x))`, then `x + feed_forward(norm(x))`.

    Args:
        attention: The arguments of `CausalSelfAttention`.
        feed_forward: The arguments of `FeedForward`.
        norm: `layernorm` or `rmsnorm`.
        bias: Whether LayerNorm shifts.

    Input shape: `(B, T, C)`.

    Output shape: `(B, T, C)`.

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
        self.settings = {"attention": attention, "feed_forward": feed_forward, "norm": norm, "bias": bias}
        self.attention_norm = make_norm(norm, bias, "attention_norm", policy)
        self.attention = CausalSelfAttention(**attention, dtype=policy, name="attention")
        self.feed_forward_norm = make_norm(norm, bias, "feed_forward_norm", policy)
        self.feed_forward = FeedForward(**feed_forward, dtype=policy, name="feed_forward")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the four parts, all of the stream's width."""
        for layer in (self.attention_norm, self.attention, self.feed_forward_norm, self.feed_forward):
            layer.build(input_shape)
        self.built = True

    def call(
        self,
        x: Any,
        visible: Any = None,
        rotation: tuple[Any, Any] | None = None,
        memory: Memory | None = None,
        training: bool = False,
    ) -> Any:
        """Pass the residual stream through.

        Args:
            x: The residual stream, `(B, T, C)`.
            visible: What each position may see; see `CausalSelfAttention`.
            rotation: Angles of the positions, with RoPE.
            memory: Keys and values of earlier positions; see `CausalSelfAttention`.
            training: Whether dropout acts.

        Returns:
            `(B, T, C)`.
        """
        x = x + self.attention(
            self.attention_norm(x), visible=visible, rotation=rotation, memory=memory, training=training
        )
        return x + self.feed_forward(self.feed_forward_norm(x), training=training)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Give the output's shape: the input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Give what `__init__` needs to make this layer again."""
        return {**super().get_config(), **self.settings}
