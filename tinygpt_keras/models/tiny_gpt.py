"""TinyGPT: a decoder-only, pre-norm transformer over characters."""

import dataclasses
from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import (
    Dense,
    DenseEmbedding,
    Dropout,
    Initialization,
    Memory,
    TransformerBlock,
    cache_rows,
    causal_mask,
    make_norm,
    rotation,
)


@keras.saving.register_keras_serializable("tinygpt_keras")
class TinyGPT(keras.Model):
    """Embed characters, pass them through blocks, and compute the logits of the next one.

    Args:
        config: The architecture.

    Input shape: ids, `(B, T)` with T up to the block size.

    Output shape: logits, `(B, T, V)`, float32 in every precision.

    Reference: https://github.com/karpathy/ng-video-lecture
    """

    def __init__(self, config: ModelConfig | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config = config if isinstance(config, ModelConfig) else ModelConfig.from_json(config)
        policy = self.dtype_policy
        initialization = Initialization(config.initialization, config.num_layers)

        def embedding(rows: int, name: str) -> DenseEmbedding:
            return DenseEmbedding(
                rows,
                config.embed_dim,
                embeddings_initializer=initialization.embedding(),
                dtype=policy,
                name=name,
            )

        self.token_embedding = embedding(config.vocab_size, "token_embedding")
        self.position_embedding = None
        if config.positions == "learned":
            self.position_embedding = embedding(config.block_size, "position_embedding")
        self.embedding_dropout = Dropout(config.embedding_dropout, dtype=policy, name="embedding_dropout")
        self.blocks = [
            # The name of the policy, because Keras makes configs only from plain values.
            TransformerBlock(**block_settings(config), dtype=policy.name, name=f"block_{number}")
            for number in range(config.num_layers)
        ]
        self.final_norm = make_norm(config.norm, config.bias, "final_norm", policy)
        self.head = None
        if not config.tied_head:
            self.head = Dense(
                config.vocab_size,
                use_bias=config.head_bias,
                kernel_initializer=initialization.head(config.embed_dim),
                bias_initializer=initialization.bias(config.embed_dim),
                dtype=policy,
                name="head",
            )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make all weights."""
        batch, length = input_shape
        stream_shape = (batch, length, self.config.embed_dim)
        self.token_embedding.build(input_shape)
        if self.position_embedding is not None:
            self.position_embedding.build(input_shape)
        for block in self.blocks:
            block.build(stream_shape)
        self.final_norm.build(stream_shape)
        if self.head is not None:
            self.head.build(stream_shape)
        self.built = True

    def call(self, ids: Any, training: bool = False) -> Any:
        """Compute the logits of the character after each one.

        Args:
            ids: `(B, T)`, T up to the block size.
            training: Whether dropout acts.

        Returns:
            Logits, `(B, T, V)`.
        """
        length = ops.shape(ids)[1]
        positions = ops.arange(length)[None, :]
        x, angles = self.embed(ids, positions)  # (B, T, C)
        visible = causal_mask(positions, length)  # (1, 1, T, T)
        x = self.embedding_dropout(x, training=training)
        for block in self.blocks:
            x = block(x, visible=visible, rotation=angles, training=training)
        return self.logits(x)

    def embed(self, ids: Any, positions: Any) -> tuple[Any, tuple[Any, Any] | None]:
        """Compute the first residual stream and, with RoPE, the rotation of the positions.

        Args:
            ids: `(B, T)`.
            positions: `(B, T)` or `(1, T)`.

        Returns:
            The stream, `(B, T, C)`, and the cosines and sines, or `None`.

        Raises:
            ValueError: When T exceeds the block size.
        """
        self.check_length(ops.shape(ids)[1])
        x = self.token_embedding(ids)  # (B, T, C)
        if self.position_embedding is not None:
            return x + self.position_embedding(positions), None
        return x, rotation(positions, self.config.head_dim)

    def check_length(self, length: Any) -> None:
        """Reject a text of more than `block_size` characters; within a graph the length may be unknown."""
        limit = self.config.block_size
        if isinstance(length, int) and length > limit:
            raise ValueError(f"{length} characters exceed the block size, {limit}. Pass only the last {limit}.")

    def logits(self, x: Any) -> Any:
        """Compute logits from a residual stream: `(B, T, C)` to `(B, T, V)`, in float32."""
        return self.unembed(self.final_norm(x))

    def unembed(self, x: Any) -> Any:
        """Compute logits from the normalised residual stream: `(B, T, C)` to `(B, T, V)`, in float32."""
        if self.head is not None:
            return ops.cast(self.head(x), "float32")
        table = ops.cast(self.token_embedding.embeddings, x.dtype)  # (V, C)
        return ops.cast(ops.einsum("btc,vc->btv", x, table), "float32")

    def read(self, ids: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """Compute the logits of texts and a key/value cache for `extend`.

        Args:
            ids: `(B, T)`.

        Returns:
            Logits, `(B, T, V)`, and keys and values of every block, `(B, H, T, D)` each.
        """
        length = ops.shape(ids)[1]
        memories = [Memory() for _ in self.blocks]
        return self._remember(ids, ops.arange(length)[None, :], length, memories)

    def extend(self, ids: Any, positions: Any, cache: list[Any]) -> tuple[Any, list[Any]]:
        """Compute the logits of new characters with the cache of the earlier ones.

        Args:
            ids: New characters, `(B, T)`.
            positions: Their positions in the context, `(B, T)`.
            cache: Keys and values of every block, `(B, H, S, D)` each; what is at later positions has no effect.

        Returns:
            Logits, `(B, T, V)`, and the cache with the new keys and values.
        """
        positions = ops.cast(positions, "int32")
        rows = cache_rows(positions, self.config.num_heads)
        memories = [Memory(keys, values, rows) for keys, values in cache]
        return self._remember(ids, positions, ops.shape(cache[0][0])[2], memories)

    def _remember(self, ids: Any, positions: Any, size: Any, memories: list[Memory]) -> tuple[Any, list[Any]]:
        """Compute logits and the updated cache, whose length is `size`."""
        x, angles = self.embed(ids, positions)
        visible = causal_mask(positions, size)
        for block, memory in zip(self.blocks, memories, strict=True):
            x = block(x, visible=visible, rotation=angles, memory=memory)
        return self.logits(x), [(memory.keys, memory.values) for memory in memories]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this model again."""
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}


def block_settings(config: ModelConfig) -> dict[str, Any]:
    """Return the arguments of every `TransformerBlock`."""
    initialization = Initialization(config.initialization, config.num_layers).as_dict()
    return {
        "norm": config.norm,
        "bias": config.bias,
        "attention": {
            "num_heads": config.num_heads,
            "scale": config.embed_dim**-0.5 if config.attention_scale == "width" else None,
            "qk_norm": config.qk_norm,
            "bias": config.bias,
            "qkv_bias": config.qkv_bias,
            "dropout": config.attention_dropout,
            "output_dropout": config.attention_output_dropout,
            "initialization": initialization,
        },
        "feed_forward": {
            "hidden_dim": config.hidden_dim,
            "activation": config.activation,
            "bias": config.bias,
            "dropout": config.feed_forward_dropout,
            "initialization": initialization,
        },
    }
