"""The examples of a run, for training and scoring: windows of a text, or pairs of a source and a reply."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import RunConfig
from tinygpt_keras.config.tasks import TASKS
from tinygpt_keras.evaluation.exact_loss import SCORED_AT_ONCE, texts_at_once, windows_at_once
from tinygpt_keras.evaluation.exact_replies import exact_share
from tinygpt_keras.text.corpus import split_point
from tinygpt_keras.text.encoded_pairs import EncodedPairs
from tinygpt_keras.text.ngrams import rungs
from tinygpt_keras.text.pair_batches import pair_batches, scoring_pairs
from tinygpt_keras.text.pipeline import ScoringWindows, scoring_windows, training_batches
from tinygpt_keras.text.tokenizer import CharTokenizer

MOST_TRIED = 200  # sources that are answered at an evaluation: one reply is half a percent
LEAST = 32  # minimum, also for a short text: three windows measured too little of what was learned


class Examples(Protocol):
    """What a session needs of the text."""

    train_characters: int
    val_characters: int

    def batches(self, config: RunConfig, first_step: int) -> Any:
        """Return the training batches from a step on."""
        ...

    def scored(self, config: RunConfig) -> dict[str, Any]:
        """Return what is scored: of the validation split, and a quarter as much of the training split."""
        ...

    def validation(self, config: RunConfig) -> Any:
        """Return the whole validation split, to score."""
        ...

    def exactly_right(self, config: RunConfig, generator: Callable[[], Any], at_most: int = 0) -> float | None:
        """Compute the share of exact replies of the validation split; `None` where there is no right one.

        Args:
            config: The run's configuration.
            generator: Returns a `Generator`.
            at_most: The most symbols to write; 0 tries all.
        """
        ...

    def right_reply(self, config: RunConfig, source: str, tokenizer: CharTokenizer) -> str | None:
        """Return the one right reply to the source of the samples; `None` where there is none, or none is known."""
        ...

    def rungs(self, config: RunConfig) -> dict[str, float]:
        """Compute the losses of counting on the validation split, by name."""
        ...

    def characters_per_step(self, config: RunConfig) -> int:
        """Return how many characters a step predicts, about."""
        ...


class TextExamples:
    """An encoded text, `(N,)`."""

    def __init__(self, ids: NDArray[Any]) -> None:
        self.ids = ids
        self.train_characters = split_point(len(ids))
        self.val_characters = len(ids) - self.train_characters

    def batches(self, config: RunConfig, first_step: int) -> Any:
        """Return windows at random positions."""
        training, model = config.training, config.model
        return training_batches(
            self.ids[: self.train_characters],
            training.batch_size,
            model.block_size,
            config.seed,
            first_step,
            training.input_noise,
            model.vocab_size,
        )

    def scored(self, config: RunConfig) -> dict[str, Any]:
        """Return windows of both splits.

        The training windows are evenly spaced, and so are the validation windows if `eval_characters` limits them.
        """
        block_size, end = config.model.block_size, self.train_characters
        batch_size = windows_at_once(config.model)
        at_most = config.training.eval_characters
        validation = scoring_windows(self.ids, end, len(self.ids), block_size, batch_size, at_most)
        characters = min(len(self.ids) - end, at_most or len(self.ids))
        starts = np.linspace(1, end - block_size, max(characters // block_size // 4, LEAST), dtype=int)
        return {"train": ScoringWindows(self.ids, starts, end, block_size, batch_size), "val": validation}

    def validation(self, config: RunConfig) -> Any:
        """Return windows that predict each character once."""
        first = max(self.train_characters, 1)  # its input is the character before
        return scoring_windows(self.ids, first, len(self.ids), config.model.block_size, windows_at_once(config.model))

    def exactly_right(self, config: RunConfig, generator: Callable[[], Any], at_most: int = 0) -> float | None:
        """Return `None`: a text may go on in many ways."""
        del config, generator, at_most

    def right_reply(self, config: RunConfig, source: str, tokenizer: CharTokenizer) -> str | None:
        """Return `None`: a text may go on in many ways."""
        del config, source, tokenizer

    def rungs(self, config: RunConfig) -> dict[str, float]:
        """Count the text."""
        return rungs(self.ids, self.train_characters, config.model.vocab_size)

    def characters_per_step(self, config: RunConfig) -> int:
        """Return B T."""
        return config.training.batch_size * config.model.block_size


class PairExamples:
    """Encoded pairs; characters are those of the replies, with the end of each."""

    def __init__(self, pairs: EncodedPairs) -> None:
        self.pairs = pairs
        symbols = np.diff(pairs.reply_starts) - 1  # the start is not predicted
        self.train_characters = int(symbols[: pairs.train].sum())
        self.val_characters = int(symbols[pairs.train :].sum())

    def batches(self, config: RunConfig, first_step: int) -> Any:
        """Return pairs drawn at random."""
        training = config.training
        return pair_batches(self.pairs, training.batch_size, config.seed, first_step, training.input_noise)

    def scored(self, config: RunConfig) -> dict[str, Any]:
        """Return pairs of both splits, evenly spread."""
        at_most, batch_size = config.training.eval_characters, self.at_once(config)
        validation = scoring_pairs(self.pairs, self.pairs.train, len(self.pairs), batch_size, at_most)
        quarter = max(min(self.val_characters, at_most or self.val_characters) // 4, 1)
        return {"train": scoring_pairs(self.pairs, 0, self.pairs.train, batch_size, quarter, LEAST), "val": validation}

    def validation(self, config: RunConfig) -> Any:
        """Return all pairs of the validation split."""
        return scoring_pairs(self.pairs, self.pairs.train, len(self.pairs), self.at_once(config))

    def exactly_right(self, config: RunConfig, generator: Callable[[], Any], at_most: int = 0) -> float | None:
        """Write replies to the held-out sources, or to some of them, evenly spread."""
        if not TASKS[config.task].has_answers:
            return None
        held_out = len(self.pairs) - self.pairs.train
        some = min(max(at_most // self.pairs.widths[1], 1), MOST_TRIED) if at_most else held_out
        count = min(held_out, some)
        rows = self.pairs.train + np.arange(count) * held_out // count
        block_size = config.model.block_size
        at_once = texts_at_once(config.model, block_size, SCORED_AT_ONCE // block_size)
        return exact_share(generator(), self.pairs, rows, at_once)

    def right_reply(self, config: RunConfig, source: str, tokenizer: CharTokenizer) -> str | None:
        """Return the reply to the first held-out source, if that is asked for samples and there is room to write it."""
        if not TASKS[config.task].has_answers:
            return None
        pair = self.pairs.text(self.pairs.train, tokenizer)
        room = min(config.training.sample_length, config.model.block_size)
        is_known = pair.source == source and len(pair.reply) < room
        return pair.reply if is_known else None

    def at_once(self, config: RunConfig) -> int:
        """Return how many pairs to score in one batch."""
        longest = max(self.pairs.widths)
        return texts_at_once(config.model, longest, max(SCORED_AT_ONCE // longest, 1))

    def rungs(self, config: RunConfig) -> dict[str, float]:
        """Count the replies, each ended by a symbol of its own, one after the other."""
        symbols = self.pairs.replies[self.pairs.replies != config.model.start_id]
        return rungs(symbols, self.train_characters, config.model.classes)

    def characters_per_step(self, config: RunConfig) -> int:
        """Return what B pairs predict in the mean."""
        return round(config.training.batch_size * self.train_characters / self.pairs.train)


def examples_of(ids: NDArray[Any] | EncodedPairs) -> Examples:
    """Return the examples of an encoded text or of encoded pairs."""
    return PairExamples(ids) if isinstance(ids, EncodedPairs) else TextExamples(ids)


def packed(ids: NDArray[Any] | EncodedPairs) -> dict[str, NDArray[Any]]:
    """Return an encoded text or encoded pairs as arrays by name, which another process unpacks."""
    if not isinstance(ids, EncodedPairs):
        return {"ids": ids}
    arrays = {field.name: getattr(ids, field.name) for field in dataclasses.fields(ids)}
    return {name: np.asarray(value) for name, value in arrays.items()}


def unpacked(arrays: Mapping[str, NDArray[Any]]) -> Examples:
    """Return the examples that were packed."""
    if "ids" in arrays:
        return examples_of(arrays["ids"])
    whole = {name: value if value.ndim else value.item() for name, value in arrays.items()}
    return examples_of(EncodedPairs(**whole))
