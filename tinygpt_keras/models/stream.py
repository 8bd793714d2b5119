"""What GPT and encoder-decoder share: from ids to the residual stream, and from the stream to logits."""

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
    TransformerBlock,
    make_norm,
    rotation,
    sinusoids,
)


class StreamModel(keras.Model):
    """Base of the models with a residual stream.

    Args:
        config: The architecture.
    """

    final_norm: keras.layers.Layer | None
    head: Dense | None

    def __init__(self, config: ModelConfig | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config = config if isinstance(config, ModelConfig) else ModelConfig.from_json(config)
        self.initialization = Initialization(config.initialization, config.num_layers)
        self.token_embedding = self.make_embedding(config.token_rows, "token_embedding")
        self.position_embedding = None
        if config.positions == "learned":
            self.position_embedding = self.make_embedding(config.block_size, "position_embedding")
        self.embedding_dropout = Dropout(config.embedding_dropout, dtype=self.dtype_policy, name="embedding_dropout")

    def make_embedding(self, rows: int, name: str) -> DenseEmbedding:
        """Make a table of vectors of the stream's width."""
        initializer = self.initialization.embedding(self.config.embed_dim)
        return DenseEmbedding(
            rows, self.config.embed_dim, embeddings_initializer=initializer, dtype=self.dtype_policy, name=name
        )

    def make_blocks(self, name: str, looks_across: bool = False) -> list[TransformerBlock]:
        """Make the blocks of one stack, named with their number."""
        settings = {**block_settings(self.config), "looks_across": looks_across}
        # The name of the policy, because Keras makes configs only from plain values.
        dtype = self.dtype_policy.name
        return [
            TransformerBlock(**settings, dtype=dtype, name=f"{name}_{number}")
            for number in range(self.config.num_layers)
        ]

    def make_final_norm(self, name: str) -> keras.layers.Layer | None:
        """Make the normalisation after the last block; a post-norm block has normalised already."""
        if self.config.norm_position == "post":
            return None
        return make_norm(self.config.norm, self.config.bias, name, self.dtype_policy)

    def make_head(self) -> Dense | None:
        """Make the head, if it does not share the token embedding's weights."""
        config = self.config
        if config.tied_head:
            return None
        return Dense(
            config.classes,
            use_bias=config.head_bias,
            kernel_initializer=self.initialization.head(config.embed_dim),
            bias_initializer=self.initialization.bias(config.embed_dim),
            dtype=self.dtype_policy,
            name="head",
        )

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
        x = self.embed_tokens(ids)  # (B, T, C)
        if self.config.positions == "rope":
            return x, rotation(positions, self.config.head_dim)
        return x + self.embed_positions(positions), None

    def embed_tokens(self, ids: Any) -> Any:
        """Look up the characters' vectors: `(B, T)` to `(B, T, C)`."""
        x = self.token_embedding(ids)
        return x * self.config.embed_dim**0.5 if self.config.scaled_embedding else x

    def embed_positions(self, positions: Any) -> Any:
        """Compute what is added for the positions, learned or sinusoidal: `(B, T)` to `(B, T, C)`."""
        if self.position_embedding is not None:
            return self.position_embedding(positions)
        return ops.cast(sinusoids(positions, self.config.embed_dim), self.compute_dtype)

    def check_length(self, length: Any) -> None:
        """Reject a text of more than `block_size` characters; within a graph the length may be unknown."""
        limit = self.config.block_size
        if isinstance(length, int) and length > limit:
            raise ValueError(f"{length} characters exceed the block size, {limit}. Pass only the last {limit}.")

    def logits(self, x: Any) -> Any:
        """Compute logits from the last residual stream: `(B, T, C)` to `(B, T, V)`, in float32."""
        return self.unembed(self.normalize(x))

    def normalize(self, x: Any) -> Any:
        """Normalise the last residual stream; a post-norm block has done it."""
        return x if self.final_norm is None else self.final_norm(x)

    def unembed(self, x: Any) -> Any:
        """Compute logits from the normalised residual stream: `(B, T, C)` to `(B, T, V)`, in float32."""
        if self.head is not None:
            return ops.cast(self.head(x), "float32")
        table = ops.cast(self.token_embedding.embeddings[: self.config.classes], x.dtype)  # (V, C)
        return ops.cast(ops.einsum("btc,vc->btv", x, table), "float32")

    def build_all(self, *stream_parts: Any) -> None:
        """Make the weights of the embeddings and of all parts that read the stream, `(B, T, C)`; skip `None`."""
        for table in (self.token_embedding, self.position_embedding):
            if table is not None:
                table.build((None, None))
        for part in stream_parts:
            if part is not None:
                part.build((None, None, self.config.embed_dim))
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this model again."""
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}


def block_settings(config: ModelConfig) -> dict[str, Any]:
    """Return the arguments of every `TransformerBlock`."""
    initialization = Initialization(config.initialization, config.num_layers).as_dict()
    return {
        "norm": config.norm,
        "bias": config.bias,
        "norm_position": config.norm_position,
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
