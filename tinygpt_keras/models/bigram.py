"""The Bigram model: the next character from the last one alone."""

import dataclasses
from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import DenseEmbedding


@keras.saving.register_keras_serializable("tinygpt_keras")
class Bigram(keras.Model):
    """A table with a row of logits for each character: what follows it, and how often.

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
        """Make the table."""
        self.table.build(input_shape)
        self.built = True

    def call(self, ids: Any, training: bool = False) -> Any:
        """Look up the logits of what follows each character: `(B, T)` to `(B, T, V)`."""
        del training  # nothing here acts differently
        return ops.cast(self.table(ids), "float32")

    def read(self, ids: Any) -> tuple[Any, list[Any]]:
        """Compute the logits of texts, `(B, T)` to `(B, T, V)`, and remember nothing; see `TinyGPT.read`."""
        return self.call(ids), []

    def extend(self, ids: Any, positions: Any, cache: list[Any]) -> tuple[Any, list[Any]]:
        """Compute the logits of new characters, `(B, T)` to `(B, T, V)`; see `TinyGPT.extend`."""
        del positions
        return self.call(ids), cache

    def get_config(self) -> dict[str, Any]:
        """Give what `__init__` needs to make this model again."""
        return {**super().get_config(), "config": dataclasses.asdict(self.config)}
