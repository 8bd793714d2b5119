"""The bigram model: predicts the next character from the last one alone."""

import dataclasses
from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import DenseEmbedding


@keras.saving.register_keras_serializable("tinygpt_keras")
class Bigram(keras.Model):
    """A table with one row of logits for each character: those of the character that follows.

    Args:
        config: The architecture; only `vocab_size` and `block_size` matter.

    Input shape: ids, `(B, T)`.

    Output shape: logits, `(B, T, V)`.
    """

    def __init__(self, config: ModelConfig | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config if isinstance(config, ModelConfig) else ModelConfig.from_json(config)
        self.table = DenseEmbedding(
            self.config.vocab_size,
            self.config.vocab_size,
            embeddings_initializer="zeros",
            dtype=self.dtype_policy,
            name="table",
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the table."""
        self.table.build(input_shape)
        self.built = True

    def call(self, ids: Any, training: bool = False) -> Any:
        """Look up the logits of the character after each one: `(B, T)` to `(B, T, V)`."""
        del training  # no dropout
        return ops.cast(self.table(ids), "float32")

    def read(self, ids: Any) -> tuple[Any, list[Any]]:
        """Compute the logits of texts, `(B, T)` to `(B, T, V)`, with an empty cache; see `TinyGPT.read`."""
        return self.call(ids), []

    def extend(self, ids: Any, positions: Any, cache: list[Any]) -> tuple[Any, list[Any]]:
        """Compute the logits of new characters, `(B, T)` to `(B, T, V)`; see `TinyGPT.extend`."""
        del positions
        return self.call(ids), cache

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}
