"""The encoder-decoder of "Attention Is All You Need": reads a whole source, and writes a reply to it."""

from typing import Any

import keras
from keras import ops

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.layers import Memory, cache_rows, causal_mask, padding_mask
from tinygpt_keras.models.stream import StreamModel


@keras.saving.register_keras_serializable("tinygpt_keras")
class Transformer(StreamModel):
    """The encoder looks both ways over the source; the decoder looks back over the reply, and across at the source.

    Args:
        config: The architecture; `num_layers` blocks in either stack.

    Input shape: a source and the reply so far, ids of `(B, S)` and `(B, T)`, each up to the block size. A source ends
    with the end's id, a reply begins with the start's, and both are filled up with padding, which nothing sees.

    Output shape: logits, `(B, T, V + 1)`, float32 in every precision: of the characters and of the end.

    Reference: https://arxiv.org/abs/1706.03762
    """

    def __init__(self, config: ModelConfig | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(config, **kwargs)
        self.encoder_blocks = self.make_blocks("encoder_block")
        self.encoder_norm = self.make_final_norm("encoder_norm")
        self.blocks = self.make_blocks("block", looks_across=True)
        self.final_norm = self.make_final_norm("final_norm")
        self.head = self.make_head()

    def build(self, input_shape: Any = None) -> None:
        """Make all weights."""
        del input_shape
        self.build_all(*self.encoder_blocks, self.encoder_norm, *self.blocks, self.final_norm, self.head)

    def call(self, pair: tuple[Any, Any], training: bool = False) -> Any:
        """Compute the logits of what comes after each symbol of the replies.

        Args:
            pair: Sources, `(B, S)`, and replies, `(B, T)`.
            training: Whether dropout acts.

        Returns:
            Logits, `(B, T, V + 1)`.
        """
        source, reply = pair
        across = self.across(source, training)
        length = ops.shape(reply)[1]
        positions = ops.arange(length)[None, :]
        x, angles = self.embed(reply, positions)  # (B, T, C)
        visible = causal_mask(positions, length)  # (1, 1, T, T)
        x = self.embedding_dropout(x, training=training)
        return self.logits(self.decode_stream(x, visible, angles, **across, training=training))

    def across(self, source: Any, training: bool = False) -> dict[str, Any]:
        """Read sources, and compute once what every step of the decoder looks at.

        Args:
            source: Ids, `(B, S)`.
            training: Whether dropout acts.

        Returns:
            `given`, keys and values for each block of the decoder, `(B, H, S, D)` each, and `given_visible`, the mask
            of what is no padding, `(B, 1, 1, S)`.
        """
        seen, visible = self.encode(source, training)
        return {"given": self.keys_and_values(seen), "given_visible": visible}

    def keys_and_values(self, seen: Any) -> list[tuple[Any, Any]]:
        """Compute what each block of the decoder looks at, of the encoder's output, `(B, S, C)`."""
        return [block.cross_attention.keys_and_values(seen) for block in self.blocks]

    def encode(self, source: Any, training: bool = False) -> tuple[Any, Any]:
        """Read sources.

        Args:
            source: Ids, `(B, S)`.
            training: Whether dropout acts.

        Returns:
            What the decoder looks at, `(B, S, C)`, and the mask of what is no padding, `(B, 1, 1, S)`.
        """
        visible = padding_mask(ops.not_equal(source, self.config.padding_id))
        x, angles = self.embed(source, ops.arange(ops.shape(source)[1])[None, :])
        return self.encode_stream(self.embedding_dropout(x, training=training), visible, angles, training), visible

    def encode_stream(self, x: Any, visible: Any, rotation: Any = None, training: bool = False) -> Any:
        """Pass an embedded source, `(B, S, C)`, through the encoder's blocks and its last normalisation."""
        for block in self.encoder_blocks:
            x = block(x, visible=visible, rotation=rotation, training=training)
        return x if self.encoder_norm is None else self.encoder_norm(x)

    def decode_stream(
        self,
        x: Any,
        visible: Any,
        rotation: Any,
        given: list[Any],
        given_visible: Any,
        memories: list[Memory] | None = None,
        training: bool = False,
    ) -> Any:
        """Pass an embedded reply, `(B, T, C)`, through the decoder's blocks.

        Args:
            x: The stream.
            visible: What of the reply each of its positions may see, broadcast to `(B, H, T, T)`.
            rotation: Cosines and sines of its positions, with RoPE.
            given: What each block looks across at; see `across`.
            given_visible: What of that is no padding, `(B, 1, 1, S)`.
            memories: The key/value cache of each block.
            training: Whether dropout acts.

        Returns:
            The last stream, `(B, T, C)`, still to be normalised.
        """
        same = {"visible": visible, "rotation": rotation, "given_visible": given_visible, "training": training}
        for number, block in enumerate(self.blocks):
            x = block(x, given=given[number], memory=memories[number] if memories else None, **same)
        return x

    def read(self, ids: Any, given: list[Any], given_visible: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """Compute the logits of replies and a key/value cache for `extend`; see `TinyGPT.read` and `across`."""
        length = ops.shape(ids)[1]
        memories = [Memory() for _ in self.blocks]
        return self._remember(ids, ops.arange(length)[None, :], length, memories, given, given_visible)

    def extend(
        self, ids: Any, positions: Any, cache: list[Any], given: list[Any], given_visible: Any
    ) -> tuple[Any, list[Any]]:
        """Compute the logits of new symbols with the cache of the earlier ones; see `TinyGPT.extend` and `across`."""
        positions = ops.cast(positions, "int32")
        rows = cache_rows(positions, self.config.num_heads)
        memories = [Memory(keys, values, rows) for keys, values in cache]
        return self._remember(ids, positions, ops.shape(cache[0][0])[2], memories, given, given_visible)

    def _remember(
        self, ids: Any, positions: Any, size: Any, memories: list[Memory], given: list[Any], given_visible: Any
    ) -> tuple[Any, list[Any]]:
        """Compute logits and the updated cache, whose length is `size`."""
        x, angles = self.embed(ids, positions)
        x = self.decode_stream(x, causal_mask(positions, size), angles, given, given_visible, memories)
        return self.logits(x), [(memory.keys, memory.values) for memory in memories]
