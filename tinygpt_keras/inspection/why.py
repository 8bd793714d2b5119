"""Inspection of one prediction: the next character's probabilities and the attention weights behind them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import check_finite, log_probabilities
from tinygpt_keras.generation.context import context_length
from tinygpt_keras.inspection.forward import forward
from tinygpt_keras.inspection.passes import at_least_two
from tinygpt_keras.text.tokenizer import CharTokenizer


@dataclass(frozen=True)
class Inspection:
    """A model's prediction at one place of a text."""

    context: str
    """The T characters in the context window."""
    chances: dict[str, float]
    """The probability of every character as the next one, before temperature and truncation."""
    attention: NDArray[np.float32]
    """The attention weights of the last position, `(L, H, T)`; L and H are 0 for a bigram."""


def inspect(model: Any, tokenizer: CharTokenizer, prompt: str, written: str) -> Inspection:
    """Compute a model's prediction of the next character of a text.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        tokenizer: The tokenizer that the model was trained with.
        prompt: The prompt.
        written: The continuation so far. The context window slides as it does in generation.

    Returns:
        The context, the probabilities and the attention weights.

    Raises:
        InputError: When the logits are not finite.
    """
    given, since = (tokenizer.encode(tokenizer.plain(text)[0]) for text in (prompt, written))
    ids = np.concatenate([given if len(given) else [tokenizer.start_id], since])
    ids = ids[-context_length(len(ids) - len(since), len(since), model.config.block_size) :]
    logits, attention = look(model, ids[None])
    chances = np.exp(log_probabilities(check_finite(logits[0]))).tolist()
    return Inspection(tokenizer.decode(ids), dict(zip(tokenizer.characters, chances, strict=True)), attention[:, 0])


def look(model: Any, ids: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute the logits and attention weights of the last position.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        ids: Contexts, `(B, T)`.

    Returns:
        Logits, `(B, V)`, and attention weights, `(L, B, H, T)`; L and H are 0 for a bigram.
    """
    batch, length = ids.shape
    patterns: list[NDArray[np.float32]] = []

    def keep_last(name: str, tensor: Any) -> Any:
        """Keep one row of each block's attention weights: those of all rows grow with the square of the context."""
        if name.endswith(".attention.pattern"):
            patterns.append(np.asarray(tensor[:, :, length - 1, :length]))
        return tensor

    logits = np.asarray(forward(model, at_least_two(ids), keep_last))[:, length - 1]
    return logits, np.stack(patterns) if patterns else np.zeros((0, batch, 0, length), np.float32)
