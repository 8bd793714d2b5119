"""Why a model wrote a character: what it thought likely there, and where it looked."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import log_probabilities
from tinygpt_keras.generation.context import context_length
from tinygpt_keras.layers import attention_weights
from tinygpt_keras.models.tiny_gpt import TinyGPT
from tinygpt_keras.text.tokenizer import CharTokenizer


@dataclass(frozen=True)
class Inspection:
    """What a model makes of a place in a text that it writes."""

    context: str
    """The T characters that it has before it."""
    chances: dict[str, float]
    """The probability of every character as the next one, before temperature and choice."""
    attention: NDArray[np.float32]
    """How much of each character of the context each head takes for it, `(L, H, T)`; a table of pairs has no blocks."""


def inspect(model: Any, tokenizer: CharTokenizer, prompt: str, written: str) -> Inspection:
    """Look at how a model chooses the next character.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        tokenizer: The one that it was trained with.
        prompt: What it was given.
        written: What it has written since; a long text's context slides as it does in writing.

    Returns:
        What it makes of the context that the next character follows.
    """
    given, since = (tokenizer.encode(tokenizer.plain(text)[0]) for text in (prompt, written))
    ids = np.concatenate([given if len(given) else [tokenizer.start_id], since])
    ids = ids[-context_length(len(ids) - len(since), len(since), model.config.block_size) :]
    logits, attention = look(model, ids[None])
    chances = np.exp(log_probabilities(logits[0])).tolist()
    return Inspection(tokenizer.decode(ids), dict(zip(tokenizer.characters, chances, strict=True)), attention[:, 0])


def look(model: Any, ids: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute the last position's logits, and what it takes from where in every block.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        ids: Contexts, `(B, T)`.

    Returns:
        Logits, `(B, V)`, and weights, `(L, B, H, T)`.
    """
    batch, length = ids.shape
    if not isinstance(model, TinyGPT):
        return np.asarray(model(ids))[:, -1], np.zeros((0, batch, 0, length), np.float32)
    if length == 1:
        # Keras warns of a softmax over one place; what follows a character changes nothing of it.
        ids = np.concatenate([ids, ids], axis=1)
    positions = ops.arange(ids.shape[1])
    visible, last = positions < length, slice(length - 1, length)
    x, angles = model.embed(ids, positions[None, :])  # (B, T, C)
    weights = []
    for block in model.blocks:
        query, key, _ = block.attention.project(block.attention_norm(x), angles)  # (B, H, T, D)
        taken = attention_weights(query[:, :, last], key, block.attention.scale, visible)  # (B, H, 1, T)
        weights.append(np.asarray(taken)[:, :, 0, :length])
        x = block(x, rotation=angles)
    return np.asarray(model.logits(x[:, last]))[:, 0], np.stack(weights)
