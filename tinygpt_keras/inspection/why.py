"""Inspection of one prediction: the next character's probabilities and the attention weights behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import check_finite, log_probabilities
from tinygpt_keras.generation.context import context_length
from tinygpt_keras.generation.sources import begun_reply
from tinygpt_keras.inspection.forward import forward
from tinygpt_keras.inspection.passes import at_least_two
from tinygpt_keras.text.encoded_pairs import encode_source
from tinygpt_keras.text.pairs import END, START
from tinygpt_keras.text.tokenizer import CharTokenizer


@dataclass(frozen=True)
class Inspection:
    """A model's prediction at one place of a text."""

    context: str
    """The T characters in the context window; those of a reply, after its start."""
    chances: dict[str, float]
    """The probability of every character as the next one, before temperature and truncation."""
    attention: NDArray[np.float32]
    """The attention weights of the last position, `(L, H, T)`; L and H are 0 for a bigram."""
    source: str = ""
    """The S characters of what is replied to, the last of which stands for its end."""
    across: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))
    """The weights of cross-attention from the last position, `(L, H, S)`."""


def inspect(model: Any, tokenizer: CharTokenizer, prompt: str, written: str) -> Inspection:
    """Compute a model's prediction of the next character of a text.

    Args:
        model: A built `TinyGPT`, `Bigram` or `Transformer`.
        tokenizer: The tokenizer that the model was trained with.
        prompt: The prompt, or what is replied to.
        written: The continuation so far. The context window slides as it does in generation; of a reply that is longer
            than its block, the last place is looked at that a decoder sees.

    Returns:
        The context, the probabilities and the attention weights.

    Raises:
        InputError: When the logits are not finite.
    """
    if model.config.replies:
        return inspect_reply(model, tokenizer, prompt, written)
    given, since = (tokenizer.encode(tokenizer.plain(text)[0]) for text in (prompt, written))
    ids = np.concatenate([given if len(given) else [tokenizer.start_id], since]).astype(np.int32)
    ids = ids[-context_length(len(ids) - len(since), len(since), model.config.block_size) :]
    logits, attention = look(model, ids[None])
    return Inspection(tokenizer.decode(ids), chances_of(tokenizer.characters, logits[0]), attention[:, 0])


def inspect_reply(model: Any, tokenizer: CharTokenizer, prompt: str, written: str) -> Inspection:
    """Compute an encoder-decoder's prediction of the next character of a reply; see `inspect`."""
    source = encode_source(tokenizer.plain(prompt)[0], tokenizer, model.config.block_size)
    ids = begun_reply(model.config, tokenizer, written)
    logits, attention, across = look_across(model, source[None], ids[None])
    context, asked = START + tokenizer.decode(ids[1:]), tokenizer.decode(source[:-1]) + END
    chances = chances_of([*tokenizer.characters, END], logits[0])
    return Inspection(context, chances, attention[:, 0], asked, across[:, 0])


def chances_of(characters: Sequence[str], logits: NDArray[np.float32]) -> dict[str, float]:
    """Return the probability of every character, from logits `(V,)`."""
    return dict(zip(characters, np.exp(log_probabilities(check_finite(logits))).tolist(), strict=True))


def look(model: Any, ids: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute the logits and attention weights of the last position.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        ids: Contexts, `(B, T)`.

    Returns:
        Logits, `(B, V)`, and attention weights, `(L, B, H, T)`; L and H are 0 for a bigram.
    """
    batch, length = ids.shape
    logits, patterns = last_row(model, at_least_two(ids), length)
    own = [row[:, :, :length] for row in patterns.values()]
    return logits, np.stack(own) if own else np.zeros((0, batch, 0, length), np.float32)


def look_across(model: Any, source: Any, ids: Any) -> tuple[NDArray[np.float32], ...]:
    """Compute the logits and attention weights of the last position of replies.

    Args:
        model: A built `Transformer`.
        source: What is replied to, `(B, S)`.
        ids: The beginnings of replies, `(B, T)`.

    Returns:
        Logits, `(B, V + 1)`, weights of self-attention, `(L, B, H, T)`, and of cross-attention, `(L, B, H, S)`.
    """
    length, width = ids.shape[1], source.shape[1]
    if width == 1:  # an end alone: Keras warns of a softmax over a single key, and nothing looks at padding
        source = np.pad(source, ((0, 0), (0, 1)), constant_values=model.config.padding_id)
    logits, patterns = last_row(model, (source, at_least_two(ids)), length)
    own = np.stack([row[:, :, :length] for name, row in patterns.items() if ".attention." in name])
    across = [row[:, :, :width] for name, row in patterns.items() if ".cross_attention." in name]
    return logits, own, np.stack(across)


def last_row(model: Any, ids: Any, length: int) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Return the logits of a position, `(B, V)`, and the row of each block's attention weights, `(B, H, ...)`."""
    patterns: dict[str, NDArray[np.float32]] = {}

    def keep_last(name: str, tensor: Any) -> Any:
        """Keep one row of each block's attention weights: those of all rows grow with the square of the context."""
        if name.endswith("attention.pattern") and name.startswith("blocks."):
            patterns[name] = np.asarray(tensor[:, :, length - 1])
        return tensor

    return np.asarray(forward(model, ids, keep_last))[:, length - 1], patterns
