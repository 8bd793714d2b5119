"""The forward passes of one model, as the views need them: of one text, as arrays, and compiled where that pays."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config.model import MOST_SCORES
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import check_finite, texts_at_once
from tinygpt_keras.inspection.blocks import check_has_blocks
from tinygpt_keras.inspection.forward import run_with_cache, run_with_edits
from tinygpt_keras.inspection.parts import ENCODER, POSITIONS, check_parts, masks, switches
from tinygpt_keras.models.stream import StreamModel

ROWS = 16  # variants of a text in one batch


class Passes:
    """The forward passes of one model; each call reads its current weights.

    A `Transformer` needs a source, too, with its end; the text is then a reply, which begins with its start.

    Args:
        model: A built `TinyGPT`, `Bigram` or `Transformer`.
        compiled: Whether TensorFlow compiles them: that takes seconds once, and makes each several times faster.
    """

    def __init__(self, model: Any, compiled: bool = False) -> None:
        self.model = model
        self._cached: Callable[..., Any] = lambda ids: run_with_cache(model, ids)
        self._masked: Callable[..., Any] = lambda ids, masked: run_with_edits(model, ids, switches(masked))
        self.compiled = compiled and keras.backend.backend() == "tensorflow" and isinstance(model, StreamModel)
        if self.compiled:
            import tensorflow as tf

            ids: Any = tf.TensorSpec([None, None], "int32")
            if model.config.replies:
                ids = ids, ids
            masked = {name: tf.TensorSpec([None, *mask.shape[1:]]) for name, mask in masks(model.config, [[]]).items()}
            self._cached = tf.function(self._cached, input_signature=[ids], autograph=False)
            self._masked = tf.function(self._masked, input_signature=[ids, masked], autograph=False)

    def observe(
        self, ids: NDArray[np.int32], source: NDArray[np.int32] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        """Read one text and keep every inner tensor.

        Args:
            ids: `(T,)`, T up to the block size.
            source: What a `Transformer` replies to, `(S,)`.

        Returns:
            Logits, `(T, V)`, and the tensors by name, as `run_with_cache` describes them, but of a single text: B is
            left out.

        Raises:
            InputError: When the logits are not finite, or the scores of all blocks, which are kept, are too many.
        """
        self.check_kept(len(ids), 0 if source is None else len(source))
        logits, cache = self._cached(batch(ids, source))
        kept = {name: np.asarray(tensor)[0] for name, tensor in cache.items() if not name.endswith(POSITIONS)}
        found = {name: shortened(name, tensor, len(ids)) for name, tensor in kept.items()}
        return check_finite(np.asarray(logits)[0, : len(ids)]), found

    def check_kept(self, length: int, source: int = 0) -> None:
        """Raise an `InputError` if the scores of all blocks for texts of these lengths would take too much memory."""
        if not isinstance(self.model, StreamModel):
            return
        config = self.model.config
        each = config.num_layers * config.num_heads
        if each * (length**2 + length * source + source**2) > MOST_SCORES:
            raise InputError(
                f"the scores of {length:,} characters in {config.num_layers:,} blocks are more than fit into memory. "
                f"Give a text of at most {math.isqrt(MOST_SCORES // each):,} characters."
            )

    def logits(
        self, ids: NDArray[np.int32], off: Collection[str] = (), source: NDArray[np.int32] | None = None
    ) -> NDArray[np.float32]:
        """Compute the logits of each position of a text, `(T,)` to `(T, V)`, with parts switched off.

        Args:
            ids: `(T,)`.
            off: The names of the parts, as `parts` lists them.
            source: What a `Transformer` replies to, `(S,)`.

        Raises:
            InputError: When the model has no part of a name, or when the logits are not finite.
        """
        if off or self.compiled:
            return next(self.ablated(ids, [off], source))[0]
        return check_finite(np.asarray(self.model(batch(ids, source)))[0, : len(ids)])

    def ablated(
        self,
        ids: NDArray[np.int32],
        variants: Sequence[Collection[str]],
        source: NDArray[np.int32] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Compute the logits of a text with each variant, some at a time, which bounds memory.

        Args:
            ids: `(T,)`.
            variants: The names of the parts that are off, N times.
            source: What a `Transformer` replies to, `(S,)`.

        Yields:
            Logits, `(some of N, T, V)`.

        Raises:
            InputError: When the model is a bigram, has no part of a name, or when logits are not finite.
        """
        check_has_blocks(self.model)
        length, config = len(ids), self.model.config
        check_parts(config, {name for off in variants for name in off})
        at_once = texts_at_once(config, max(length, 0 if source is None else len(source)), ROWS)
        for row in range(0, len(variants), at_once):
            some = variants[row : row + at_once]
            masked = masks(config, some)
            if not self.compiled:
                masked = {name: mask for name, mask in masked.items() if not mask.all()}
            yield check_finite(np.asarray(self._masked(batch(ids, source, len(some)), masked))[:, :length])


def batch(ids: NDArray[np.int32], source: NDArray[np.int32] | None, count: int = 1) -> Any:
    """Return what a model is called with, a text several times: `(B, T)`, or `(B, S)` and `(B, T)`."""
    texts = at_least_two(np.tile(ids, (count, 1)))
    return texts if source is None else (np.tile(source, (count, 1)), texts)


def at_least_two(ids: Any) -> Any:
    """Repeat the single character of texts, `(B, 1)`: Keras warns of a softmax over a single key.

    A second position cannot change the first one, because attention is causal.
    """
    return ids if ids.shape[1] > 1 else np.repeat(ids, 2, axis=1)


def shortened(name: str, tensor: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Keep the first positions of a text in a tensor: of `(T, C)`, `(H, T, D)`, or `(H, T, T)`; a source is whole."""
    if name.startswith(ENCODER) or name.endswith(("cross_attention.key", "cross_attention.value")):
        return tensor
    if tensor.ndim == 2:
        return tensor[:length]
    own = name.endswith((".attention.scores", ".attention.pattern"))  # those of cross-attention see the whole source
    return tensor[:, :length, :length] if own else tensor[:, :length]
