"""The forward pass with a name for every inner tensor: read them all, or replace some.

The names, for each block N, with their shapes:

| name | shape | what it is |
| --- | --- | --- |
| `embed` | `(B, T, C)` | the embeddings of the characters |
| `positions` | `(1, T, C)` | learned or sinusoidal position embeddings, which are added |
| `positions` | `(2, 1, 1, T, D / 2)` | with RoPE: cosines and sines, which rotate queries and keys |
| `blocks.N.residual.before` | `(B, T, C)` | the residual stream before the block |
| `blocks.N.attention.query`, `.key`, `.value` | `(B, H, T, D)` | with RoPE, query and key are rotated |
| `blocks.N.attention.scores` | `(B, H, T, T)` | scaled products; the future is not masked yet |
| `blocks.N.attention.pattern` | `(B, H, T, T)` | attention weights; every row sums to one |
| `blocks.N.attention.gathered` | `(B, H, T, D)` | what each head gathered: values summed by the weights |
| `blocks.N.attention.output` | `(B, T, C)` | what attention adds to the stream |
| `blocks.N.residual.middle` | `(B, T, C)` | the stream between attention and feed-forward |
| `blocks.N.cross_attention.query` | `(B, H, T, D)` | in a decoder that looks across: queries, never rotated |
| `blocks.N.cross_attention.key`, `.value` | `(B, H, S, D)` | of the source, never rotated |
| `blocks.N.cross_attention.scores`, `.pattern` | `(B, H, T, S)` | from the reply to the source |
| `blocks.N.cross_attention.gathered`, `.output` | as of `attention` | what is gathered from the source, and added |
| `blocks.N.residual.across` | `(B, T, C)` | in a decoder: the stream after it |
| `blocks.N.feed_forward.hidden` | `(B, T, hidden)` | the hidden units after the activation |
| `blocks.N.feed_forward.output` | `(B, T, C)` | what the feed-forward network adds to the stream |
| `blocks.N.residual.after` | `(B, T, C)` | the stream after the block |
| `final_norm` | `(B, T, C)` | the normalised last stream |
| `logits` | `(B, T, V)` | the model's output |

An encoder-decoder has the same tensors of its encoder, of `(B, S, ...)`, under `encoder.`: `encoder.embed`,
`encoder.blocks.N.attention.query` and so on. A post-norm model has no `final_norm`: its stream is normalised after
each part. A bigram has `logits` alone. The vocabulary is that of TransformerLens (https://transformerlensorg.github.io).
"""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

from tinygpt_keras.errors import InputError
from tinygpt_keras.layers import TransformerBlock, attention_weights, causal_mask, padding_mask
from tinygpt_keras.layers.fast import blend, compare
from tinygpt_keras.layers.heads import join_heads
from tinygpt_keras.layers.rotary import rotation
from tinygpt_keras.models.tiny_gpt import TinyGPT
from tinygpt_keras.models.transformer import Transformer

Edit = Callable[[Any], Any]
"""Returns a tensor of the same shape in the place of the one that it is given."""
At = Callable[[str, Any], Any]
"""Takes the name of an inner tensor and the tensor, and returns the one with which the pass goes on."""


Encoded = tuple[Any, Any]
"""The encoder's output, `(B, S, C)`, and the mask of what is no padding."""


def run_with_cache(model: Any, ids: Any) -> tuple[Any, dict[str, Any]]:
    """Compute the logits of texts, and keep every inner tensor.

    Args:
        model: A built `TinyGPT`, `Bigram` or `Transformer`.
        ids: `(B, T)`, T up to the block size; of a `Transformer` sources, `(B, S)`, and replies, `(B, T)`.

    Returns:
        Logits, `(B, T, V)`, and the tensors by name.
    """
    cache: dict[str, Any] = {}

    def keep(name: str, tensor: Any) -> Any:
        cache[name] = tensor
        return tensor

    return forward(model, ids, keep), cache


def run_with_edits(model: Any, ids: Any, edits: Mapping[str, Edit]) -> Any:
    """Compute the logits of texts with some inner tensors replaced.

    Args:
        model: A built `TinyGPT`, `Bigram` or `Transformer`.
        ids: `(B, T)`, T up to the block size; of a `Transformer` sources, `(B, S)`, and replies, `(B, T)`.
        edits: A function by the name of each tensor to replace.

    Returns:
        Logits, `(B, T, V)`.

    Raises:
        InputError: When the model has no tensor of a name.
    """
    unused = set(edits)

    def replace(name: str, tensor: Any) -> Any:
        unused.discard(name)
        return edits[name](tensor) if name in edits else tensor

    logits = forward(model, ids, replace)
    if unused:
        raise InputError(f"the model has no tensor {', '.join(sorted(unused))}. Choose a name of run_with_cache.")
    return logits


def forward(model: Any, ids: Any, at: At) -> Any:
    """Compute the logits of texts as the model does without dropout, and pass every inner tensor to `at`."""
    if isinstance(model, TinyGPT):
        return decode(model, ids, None, at)
    if isinstance(model, Transformer):
        source, reply = ids
        return decode(model, reply, encode(model, source, at), at)
    return at("logits", model(ids))


def decode(model: TinyGPT | Transformer, ids: Any, given: Encoded | None, at: At) -> Any:
    """Compute the logits of texts, or of replies to what is given."""
    x, visible, angles = embed(model, ids, at)
    for number, block in enumerate(model.blocks):
        x = through_block(block, x, visible, angles, within(at, f"blocks.{number}"), given)
    if model.final_norm is not None:
        x = at("final_norm", model.final_norm(x))
    return at("logits", model.unembed(x))


def encode(model: Transformer, source: Any, at: At) -> Encoded:
    """Read sources as `Transformer.encode` does."""
    at = within(at, "encoder")
    visible = padding_mask(ops.not_equal(source, model.config.padding_id))
    x, _, angles = embed(model, source, at)
    for number, block in enumerate(model.encoder_blocks):
        x = through_block(block, x, visible, angles, within(at, f"blocks.{number}"))
    if model.encoder_norm is not None:
        x = at("final_norm", model.encoder_norm(x))
    return x, visible


def embed(model: TinyGPT | Transformer, ids: Any, at: At) -> tuple[Any, Any, Any]:
    """Compute the first residual stream, `(B, T, C)`, the causal mask, and with RoPE the cosines and sines."""
    length = ops.shape(ids)[1]
    model.check_length(length)
    positions = ops.arange(length)[None, :]
    visible = causal_mask(positions, length)
    x = at("embed", model.embed_tokens(ids))
    if model.config.positions != "rope":
        return x + at("positions", model.embed_positions(positions)), visible, None
    angles = at("positions", ops.stack(rotation(positions, model.config.head_dim)))
    return x, visible, (angles[0], angles[1])


def within(at: At, place: str) -> At:
    """Return `at` for the tensors of one part, whose names begin with a place."""
    return lambda name, tensor: at(f"{place}.{name}", tensor)


def through_block(
    block: TransformerBlock, x: Any, visible: Any, angles: Any, at: At, given: Encoded | None = None
) -> Any:
    """Pass the residual stream, `(B, T, C)`, through a block as `TransformerBlock.call` does."""

    def look(x: Any) -> Any:
        return attend(block.attention, block.attention.project(x, angles), visible, within(at, "attention"))

    def think(x: Any) -> Any:
        hidden = at("feed_forward.hidden", block.feed_forward.hidden(x))
        return at("feed_forward.output", block.feed_forward.projection(hidden))

    x = at("residual.before", x)
    x = at("residual.middle", block.add(x, block.attention_norm, look))
    if given is not None and (across := block.cross_attention) is not None:
        seen, there = given

        def look_across(x: Any) -> Any:
            projected = across.query_alone(x), *across.keys_and_values(seen)
            return attend(across, projected, there, within(at, "cross_attention"))

        x = at("residual.across", block.add(x, block.cross_attention_norm, look_across))
    return at("residual.after", block.add(x, block.feed_forward_norm, think))


def attend(attention: Any, projected: tuple[Any, Any, Any], visible: Any, at: At) -> Any:
    """Attend with queries, keys and values, `(B, H, T, D)` each, as `Attention.call` does."""
    query, key, value = map(at, ("query", "key", "value"), projected)
    scores = at("scores", compare(query * attention.score_scale, key))
    pattern = at("pattern", attention_weights(scores, visible))
    gathered = at("gathered", blend(ops.cast(pattern, value.dtype), value))
    return at("output", attention.projection(join_heads(gathered)))
