"""Causal multi-head self-attention: project, compare, mask, softmax, blend, project."""

import functools
from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.fast.blending import blend_dropped
from tinygpt_keras.layers.fast.cache import Memory
from tinygpt_keras.layers.fast.dense import make_dense, multiply_together
from tinygpt_keras.layers.fast.dropout import Dropout
from tinygpt_keras.layers.fast.products import compare
from tinygpt_keras.layers.initialization import Initialization
from tinygpt_keras.layers.rotary import rotate

MASKED = 1e9  # a score that is lowered by so much is exactly zero after the softmax


def causal_mask(positions: Any, size: Any) -> Any:
    """Compute which place each position may see: its own and those before it.

    Args:
        positions: Places in the text, `(B, T)`.
        size: S, how many places there are to see.

    Returns:
        Booleans, `(B, 1, T, S)`, the same for every head.
    """
    return ops.arange(size, dtype="int32") <= ops.cast(positions, "int32")[:, None, :, None]


def attention_weights(query: Any, key: Any, scale: float, visible: Any) -> Any:
    """Compute how much each position takes from each other.

    Source: https://arxiv.org/abs/1706.03762, equation 1.

    Args:
        query: What each position looks for, `(B, H, T, D)`.
        key: What each position offers, `(B, H, S, D)`.
        scale: Keeps the scores' variance near one, so that the softmax stays soft.
        visible: True where a query may see a key, broadcast to `(B, H, T, S)`.

    Returns:
        Weights of shape `(B, H, T, S)`, in float32; every row sums to one.
    """
    scores = ops.cast(compare(query * scale, key), "float32")  # (B, H, T, S)
    # A difference has no gradient to compute, which choosing has. A sum TensorFlow would fuse with the product into one
    # operation, a hundred times as slow where the mask is broadcast.
    return ops.softmax(scores - ops.where(visible, 0.0, MASKED), axis=-1)


def split_heads(x: Any, num_heads: int) -> Any:
    """Cut the channels into heads: `(B, T, C)` to `(B, H, T, D)`."""
    batch, length, width = ops.shape(x)
    return ops.transpose(ops.reshape(x, (batch, length, num_heads, width // num_heads)), (0, 2, 1, 3))


def join_heads(x: Any) -> Any:
    """Lay the heads side by side: `(B, H, T, D)` to `(B, T, C)`."""
    batch, heads, length, head_dim = ops.shape(x)
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (batch, length, heads * head_dim))


@keras.saving.register_keras_serializable("tinygpt_keras")
class CausalSelfAttention(keras.layers.Layer):
    """Each position gathers what it needs from itself and the positions before it.

    Args:
        num_heads: H, how many questions a position asks at once.
        scale: Factor on the scores; `None` divides by the square root of the head size.
        qk_norm: Normalise queries and keys (https://arxiv.org/abs/2010.04245), so that no score explodes.
        bias: A bias in the output projection.
        qkv_bias: Biases in the query, key and value projections.
        dropout: Part of the attention weights dropped in training.
        output_dropout: Part of the output dropped in training.
        initialization: Which first weights; see `Initialization`.

    Input shape: `(B, T, C)`, C a multiple of H.

    Output shape: `(B, T, C)`.
    """

    def __init__(
        self,
        num_heads: int,
        scale: float | None = None,
        qk_norm: bool = False,
        bias: bool = True,
        qkv_bias: bool = True,
        dropout: float = 0.0,
        output_dropout: float = 0.0,
        initialization: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.scale = scale
        self.qk_norm = qk_norm
        self.bias = bias
        self.qkv_bias = qkv_bias
        self.initialization = Initialization(**initialization or {})
        self.dropout = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.output_dropout = Dropout(output_dropout, dtype=self.dtype_policy, name="output_dropout")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the four projections."""
        width = int(input_shape[-1] or 0)
        dense = functools.partial(
            make_dense, inputs=width, outputs=width, initialization=self.initialization, dtype=self.dtype_policy
        )
        self.query = dense("query", bias=self.qkv_bias)
        self.key = dense("key", bias=self.qkv_bias)
        self.value = dense("value", bias=self.qkv_bias)
        self.projection = dense("projection", bias=self.bias, residual=True)
        self.built = True

    def project(self, x: Any, rotation: tuple[Any, Any] | None = None) -> tuple[Any, Any, Any]:
        """Compute queries and keys, normalised and turned as they are compared, and values: `(B, H, T, D)` each."""
        projected = multiply_together((self.query, self.key, self.value), x)
        query, key, value = (split_heads(each, self.num_heads) for each in projected)
        if self.qk_norm:
            query, key = ops.rms_normalization(query), ops.rms_normalization(key)
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        return query, key, value

    def weigh(self, query: Any, key: Any, visible: Any) -> Any:
        """Compute how much each position takes from each other, `(B, H, T, S)`; see `attention_weights`."""
        scale = ops.shape(query)[-1] ** -0.5 if self.scale is None else self.scale
        return attention_weights(query, key, scale, visible)

    def call(
        self,
        x: Any,
        visible: Any = None,
        rotation: tuple[Any, Any] | None = None,
        memory: Memory | None = None,
        training: bool = False,
    ) -> Any:
        """Attend.

        Args:
            x: The normalised residual stream, `(B, T, C)`.
            visible: What each position may see, as `causal_mask` gives it; itself and those before it when `None`.
            rotation: Angles of the positions, with RoPE.
            memory: Keys and values of earlier positions, to which those of `x` are added.
            training: Whether dropout acts.

        Returns:
            `(B, T, C)`.
        """
        query, key, value = self.project(x, rotation)  # (B, H, T, D)
        if memory is not None:
            key, value = memory.add(key, value)  # (B, H, S, D)
        if visible is None:
            length = ops.shape(x)[1]
            visible = causal_mask(ops.arange(length)[None, :], length)  # (1, 1, T, T)
        weights = self.weigh(query, key, visible)  # (B, H, T, S)
        gathered = blend_dropped(weights, value, self.dropout, training)  # (B, H, T, D)
        return self.output_dropout(self.projection(join_heads(gathered)), training=training)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Give the output's shape: the input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Give what `__init__` needs to make this layer again."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "scale": self.scale,
            "qk_norm": self.qk_norm,
            "bias": self.bias,
            "qkv_bias": self.qkv_bias,
            "dropout": self.dropout.rate,
            "output_dropout": self.output_dropout.rate,
            "initialization": self.initialization.as_dict(),
        }
