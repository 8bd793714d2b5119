"""Multi-head attention: project, compare, mask, softmax, blend, project.

The same layer serves three ways of looking. Only what is visible differs, and whose keys and values are looked at:

- causal self-attention, in a GPT and in a decoder: each position sees itself and the earlier ones, as `causal_mask`
  says;
- bidirectional self-attention, in an encoder: each sees all that are not padding, as `padding_mask` says;
- cross-attention, in a decoder: each sees the encoder's output, whose keys and values are `given`.

`models/transformer.py` calls it in all three ways.
"""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.layers.dense import make_dense
from tinygpt_keras.layers.fast import Dropout, Memory, blend_dropped, compare, multiply_together
from tinygpt_keras.layers.heads import join_heads, split_heads
from tinygpt_keras.layers.initialization import Initialization
from tinygpt_keras.layers.masks import causal_mask
from tinygpt_keras.layers.rotary import rotate


def attention_weights(scores: Any, visible: Any) -> Any:
    """Compute the softmax of the visible scores (https://arxiv.org/abs/1706.03762, equation 1).

    Args:
        scores: How well each query fits each key, `(B, H, T, S)`.
        visible: The mask, broadcast to `(B, H, T, S)`.

    Returns:
        Weights, `(B, H, T, S)` in float32; every row sums to one.
    """
    # Subtracted: `where` on the scores needs a backward pass, and TensorFlow fuses an addition into a slow operation.
    return ops.softmax(ops.cast(scores, "float32") - ops.where(visible, 0.0, 1e9), axis=-1)  # exactly zero where masked


@keras.saving.register_keras_serializable("tinygpt_keras")
class Attention(keras.layers.Layer):
    """Each position gathers information from the positions that it may see.

    Args:
        num_heads: H.
        scale: Factor on the scores; `None` for `D ** -0.5`.
        qk_norm: Normalise queries and keys, which bounds the scores (https://arxiv.org/abs/2010.04245).
        bias: Whether the output projection has a bias.
        qkv_bias: Whether the query, key and value projections have biases.
        dropout: Rate of dropout on the attention weights.
        output_dropout: Rate of dropout on the output.
        initialization: Arguments of `Initialization`.

    Input and output shape: `(B, T, C)`, C a multiple of H.
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
        self.num_heads, self.scale, self.qk_norm = num_heads, scale, qk_norm
        self.bias, self.qkv_bias = bias, qkv_bias
        self.initialization = Initialization(**initialization or {})
        self.dropout = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.output_dropout = Dropout(output_dropout, dtype=self.dtype_policy, name="output_dropout")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the four projections, `(C, C)` each."""
        width = int(input_shape[-1] or 0)
        self.score_scale = (width // self.num_heads) ** -0.5 if self.scale is None else self.scale
        same = {"inputs": width, "outputs": width, "initialization": self.initialization, "dtype": self.dtype_policy}
        self.query = make_dense("query", bias=self.qkv_bias, **same)
        self.key = make_dense("key", bias=self.qkv_bias, **same)
        self.value = make_dense("value", bias=self.qkv_bias, **same)
        self.projection = make_dense("projection", bias=self.bias, residual=True, **same)

    def project(self, x: Any, rotation: tuple[Any, Any] | None = None) -> tuple[Any, Any, Any]:
        """Compute queries, keys and values of `(B, T, C)`, each `(B, H, T, D)`; `rotation` turns the first two."""
        projected = multiply_together((self.query, self.key, self.value), x)
        query, key, value = (split_heads(each, self.num_heads) for each in projected)
        if self.qk_norm:
            query, key = ops.rms_normalization(query), ops.rms_normalization(key)
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        return query, key, value

    def keys_and_values(self, source: Any) -> tuple[Any, Any]:
        """Compute what cross-attention looks at, `(B, H, S, D)` each, of the encoder's output, `(B, S, C)`."""
        key, value = (split_heads(each, self.num_heads) for each in multiply_together((self.key, self.value), source))
        return (ops.rms_normalization(key) if self.qk_norm else key), value

    def query_alone(self, x: Any) -> Any:
        """Compute queries of `(B, T, C)` for cross-attention, `(B, H, T, D)`."""
        query = split_heads(self.query(x), self.num_heads)
        return ops.rms_normalization(query) if self.qk_norm else query

    def call(
        self,
        x: Any,
        visible: Any = None,
        rotation: Any = None,
        memory: Memory | None = None,
        given: tuple[Any, Any] | None = None,
        training: bool = False,
    ) -> Any:
        """Attend from the stream, `(B, T, C)`, which a pre-norm block has normalised.

        Args:
            x: The stream.
            visible: The mask, broadcast to `(B, H, T, S)`; `None` when the positions are 0 to T - 1, and each sees
                itself and the earlier ones.
            rotation: Cosines and sines of the positions, with RoPE.
            memory: The key/value cache, to which the keys and values of `x` are added.
            given: Keys and values to look at instead of those of `x`, `(B, H, S, D)` each, as `keys_and_values`
                returns them.
            training: Whether dropout acts.
        """
        if visible is None:
            visible = causal_mask(ops.arange(ops.shape(x)[1])[None, :], ops.shape(x)[1])
        if given is None:
            query, key, value = self.project(x, rotation)  # (B, H, T, D)
        else:
            query, (key, value) = self.query_alone(x), given  # (B, H, S, D)
        if memory is not None:
            key, value = memory.add(key, value)  # (B, H, S, D)
        scores = compare(query * self.score_scale, key)  # (B, H, T, S)
        weights = attention_weights(scores, visible)
        gathered = blend_dropped(weights, value, self.dropout, training)  # (B, H, T, D)
        return self.output_dropout(self.projection(join_heads(gathered)), training=training)
