"""One block: communication, then computation."""

from collections.abc import Callable
from typing import Any

import keras

from tinygpt_keras.layers.attention import Attention
from tinygpt_keras.layers.fast import Memory
from tinygpt_keras.layers.feed_forward import FeedForward
from tinygpt_keras.layers.normalization import make_norm


@keras.saving.register_keras_serializable("tinygpt_keras")
class TransformerBlock(keras.layers.Layer):
    """Adds attention and then a feed-forward network to the residual stream; one that replies looks across in between.

    Pre-norm, each part reads a normalised copy, so that the stream itself is only added to, from the embedding to the
    final normalisation: `x + attention(norm(x))`, then where it looks across `x + cross_attention(norm(x), source)`,
    then `x + feed_forward(norm(x))`. Post-norm, as in "Attention Is All You Need", the stream is normalised after each
    addition: `norm(x + attention(x))`, `norm(x + cross_attention(x, source))`, `norm(x + feed_forward(x))`. The source
    is the encoder's output, which its own last normalisation or its last block has normalised.

    Args:
        attention: Arguments of `Attention`.
        feed_forward: Arguments of `FeedForward`.
        norm: `layernorm` or `rmsnorm`.
        bias: Whether LayerNorm has a bias.
        norm_position: `pre` or `post`.
        looks_across: Whether it has cross-attention, to an encoder's output.

    Input and output shape: `(B, T, C)`.

    Reference: https://arxiv.org/abs/1706.03762 (post), https://arxiv.org/abs/2002.04745 (pre)
    """

    def __init__(
        self,
        attention: dict[str, Any],
        feed_forward: dict[str, Any],
        norm: str = "layernorm",
        bias: bool = True,
        norm_position: str = "pre",
        looks_across: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.norm_position = norm_position
        self.attention_norm = make_norm(norm, bias, "attention_norm", policy)
        self.attention = Attention(**attention, dtype=policy.name, name="attention")
        self.cross_attention: Attention | None = None
        if looks_across:
            self.cross_attention_norm = make_norm(norm, bias, "cross_attention_norm", policy)
            self.cross_attention = Attention(**attention, dtype=policy.name, name="cross_attention")
        self.feed_forward_norm = make_norm(norm, bias, "feed_forward_norm", policy)
        self.feed_forward = FeedForward(**feed_forward, dtype=policy.name, name="feed_forward")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build all parts, each of the stream's width."""
        parts = [self.attention_norm, self.attention, self.feed_forward_norm, self.feed_forward]
        if self.cross_attention is not None:
            parts += [self.cross_attention_norm, self.cross_attention]
        for layer in parts:
            layer.build(input_shape)

    def call(
        self,
        x: Any,
        visible: Any = None,
        rotation: Any = None,
        memory: Memory | None = None,
        given: tuple[Any, Any] | None = None,
        given_visible: Any = None,
        training: bool = False,
    ) -> Any:
        """Pass the residual stream, `(B, T, C)`, through.

        Args:
            x: The stream.
            visible: What self-attention may see; see `Attention.call`, also for `rotation`, `memory` and `training`.
            rotation: Cosines and sines of the positions, with RoPE.
            memory: The key/value cache.
            given: For cross-attention: the source's keys and values, `(B, H, S, D)` each.
            given_visible: Which of them are no padding, `(B, 1, 1, S)`.
            training: Whether dropout acts.
        """
        context = {"visible": visible, "rotation": rotation, "memory": memory, "training": training}
        x = self.add(x, self.attention_norm, lambda x: self.attention(x, **context))
        if (look_across := self.cross_attention) is not None:
            if given is None or given_visible is None:
                raise ValueError("this block looks across. Give it the keys and values of a source, and their mask.")
            across = {"visible": given_visible, "given": given, "training": training}
            x = self.add(x, self.cross_attention_norm, lambda x: look_across(x, **across))
        return self.add(x, self.feed_forward_norm, lambda x: self.feed_forward(x, training=training))

    def add(self, x: Any, norm: Callable[..., Any], part: Callable[..., Any]) -> Any:
        """Add a part's output to the stream, `(B, T, C)`; the norm comes before the part, or after the addition."""
        return x + part(norm(x)) if self.norm_position == "pre" else norm(x + part(x))
