"""TinyGPT: a decoder-only transformer over characters."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import Memory, cache_rows, causal_mask
from tinygpt_keras.models.stream import StreamModel


@keras.saving.register_keras_serializable("tinygpt_keras")
class TinyGPT(StreamModel):
    """Embed characters, pass them through blocks, and compute the logits of the next one.

    Args:
        config: The architecture.

    Input shape: ids, `(B, T)` with T up to the block size.

    Output shape: logits, `(B, T, V)`, float32 in every precision.

    Reference: https://github.com/karpathy/ng-video-lecture
    """

    def __init__(self, config: ModelConfig | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(config, **kwargs)
        self.blocks = self.make_blocks("block")
        self.final_norm = self.make_final_norm("final_norm")
        self.head = self.make_head()

    def build(self, input_shape: Any = None) -> None:
        """Make all weights."""
        del input_shape
        self.build_all(*self.blocks, self.final_norm, self.head)

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
