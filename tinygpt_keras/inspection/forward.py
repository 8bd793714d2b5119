"""The forward pass with a name for every inner tensor: read them all, or replace some.

The names, for each block N, with their shapes:

| name | shape | what it is |
| --- | --- | --- |
| `embed` | `(B, T, C)` | the embeddings of the characters |
| `positions` | `(1, T, C)` | learned position embeddings, which are added |
| `positions` | `(2, 1, 1, T, D / 2)` | with RoPE: cosines and sines, which rotate queries and keys |
| `blocks.N.residual.before` | `(B, T, C)` | the residual stream before the block |
| `blocks.N.attention.query`, `.key`, `.value` | `(B, H, T, D)` | with RoPE, query and key are rotated |
| `blocks.N.attention.scores` | `(B, H, T, T)` | scaled products; the future is not masked yet |
| `blocks.N.attention.pattern` | `(B, H, T, T)` | attention weights; every row sums to one |
| `blocks.N.attention.gathered` | `(B, H, T, D)` | what each head gathered: values summed by the weights |
| `blocks.N.attention.output` | `(B, T, C)` | what attention adds to the stream |
| `blocks.N.residual.middle` | `(B, T, C)` | the stream between attention and feed-forward |
| `blocks.N.feed_forward.hidden` | `(B, T, hidden)` | the hidden units after the activation |
| `blocks.N.feed_forward.output` | `(B, T, C)` | what the feed-forward network adds to the stream |
| `blocks.N.residual.after` | `(B, T, C)` | the stream after the block |
| `final_norm` | `(B, T, C)` | the normalised last stream |
| `logits` | `(B, T, V)` | the model's output |

A bigram has `logits` alone. The vocabulary is that of TransformerLens (https://transformerlensorg.github.io).
"""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

from tinygpt_keras.errors import InputError
from tinygpt_keras.layers import TransformerBlock, attention_weights, causal_mask
from tinygpt_keras.layers.fast import blend, compare
from tinygpt_keras.layers.heads import join_heads
from tinygpt_keras.layers.rotary import rotation
from tinygpt_keras.models.tiny_gpt import TinyGPT

Edit = Callable[[Any], Any]
"""Returns a tensor of the same shape in the place of the one that it is given."""
At = Callable[[str, Any], Any]
"""Takes the name of an inner tensor and the tensor, and returns the one with which the pass goes on."""


def run_with_cache(model: Any, ids: Any) -> tuple[Any, dict[str, Any]]:
    """Compute the logits of texts, and keep every inner tensor.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        ids: `(B, T)`, T up to the block size.

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
        model: A built `TinyGPT` or `Bigram`.
        ids: `(B, T)`, T up to the block size.
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
    """Compute the logits of texts as `TinyGPT.call` does without dropout, and pass every inner tensor to `at`."""
    if not isinstance(model, TinyGPT):
        return at("logits", model(ids))
    x, visible, angles = embed(model, ids, at)
    for number, block in enumerate(model.blocks):
        x = through_block(block, x, visible, angles, within(at, f"blocks.{number}"))
    return at("logits", model.unembed(at("final_norm", model.final_norm(x))))


def embed(model: TinyGPT, ids: Any, at: At) -> tuple[Any, Any, Any]:
    """Compute the first residual stream, `(B, T, C)`, the mask, and with RoPE the cosines and sines."""
    length = ops.shape(ids)[1]
    model.check_length(length)
    positions = ops.arange(length)[None, :]
    visible = causal_mask(positions, length)
    x = at("embed", model.token_embedding(ids))
    if model.position_embedding is not None:
        return x + at("positions", model.position_embedding(positions)), visible, None
    angles = at("positions", ops.stack(rotation(positions, model.config.head_dim)))
    return x, visible, (angles[0], angles[1])


def within(at: At, place: str) -> At:
    """Return `at` for the tensors of one block, whose names begin with a place."""
    return lambda name, tensor: at(f"{place}.{name}", tensor)


def through_block(block: TransformerBlock, x: Any, visible: Any, angles: Any, at: At) -> Any:
    """Pass the residual stream, `(B, T, C)`, through a block as `TransformerBlock.call` does."""
    x = at("residual.before", x)
    x = at("residual.middle", x + attend(block.attention, block.attention_norm(x), visible, angles, at))
    hidden = at("feed_forward.hidden", block.feed_forward.hidden(block.feed_forward_norm(x)))
    return at("residual.after", x + at("feed_forward.output", block.feed_forward.projection(hidden)))


def attend(attention: Any, x: Any, visible: Any, angles: Any, at: At) -> Any:
    """Attend from the normalised stream, `(B, T, C)`, as `CausalSelfAttention.call` does."""
    names = "attention.query", "attention.key", "attention.value"
    query, key, value = map(at, names, attention.project(x, angles))
    scores = at("attention.scores", compare(query * attention.score_scale, key))
    pattern = at("attention.pattern", attention_weights(scores, visible))
    gathered = at("attention.gathered", blend(ops.cast(pattern, value.dtype), value))
    return at("attention.output", attention.projection(join_heads(gathered)))
