"""Text from a model: prompts in, text out, as it is written."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import log_probabilities
from tinygpt_keras.generation.compiled import KNOB_TYPES, PIECE, compile_decoding
from tinygpt_keras.generation.sampling import Knobs
from tinygpt_keras.generation.stopping import stop_at
from tinygpt_keras.text.tokenizer import CharTokenizer

STREAMED = 16  # characters in one call while somebody reads along: twenty calls a second even with `nano`


class Generator:
    """Writes text with a model.

    An empty prompt starts from a newline. Characters of a prompt that the model has never seen are replaced or
    left out; `CharTokenizer.plain` says which. So are those of stop strings, which end nothing where one would have to
    be left out; `CharTokenizer.plain_stops` says which.

    Args:
        model: A built `TinyGPT` or `Bigram`.
        tokenizer: The one that it was trained with.
        jit_compile: Whether XLA writes single texts. It holds some 200 MB at the size of `nano`, and a few hundred
            characters do not win back the seconds that it takes at first.
    """

    def __init__(self, model: Any, tokenizer: CharTokenizer, jit_compile: bool = True) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.jit_compile = jit_compile
        self._compiled = compile_decoding(model)

    def stream(self, prompt: str, options: SamplingOptions | None = None, stops: Sequence[str] = ()) -> Iterator[str]:
        """Continue one prompt, a few characters at a time.

        Args:
            prompt: Any text.
            options: The settings; without a seed the text differs every time.
            stops: Strings that end the text and are left out of it.

        Yields:
            Pieces of the continuation.
        """
        options = options or SamplingOptions()
        batches = self._ids([prompt], options, [self._seed(options)], STREAMED)
        return stop_at((self.tokenizer.decode(ids[0]) for ids in batches), self.tokenizer.plain_stops(stops)[0])

    def generate(
        self,
        prompts: Sequence[str],
        options: SamplingOptions | None = None,
        stops: Sequence[str] = (),
        seeds: Sequence[int] | None = None,
    ) -> list[str]:
        """Continue several prompts of any lengths at once; each text is what it would be alone.

        With one exception: logits round differently with another number of rows, and under XLA. A draw within that
        rounding of another character may take it, and from there the texts differ. With the pretrained model this is
        one character in 1.5 million, as `benchmarks/batches.py` measures.

        Args:
            prompts: Any texts.
            options: The settings of all.
            stops: Strings that end a text and are left out of it.
            seeds: A seed for each prompt; the options' own for all when not given.

        Returns:
            The continuations.
        """
        if not prompts:
            return []
        options = options or SamplingOptions()
        stops, _ = self.tokenizer.plain_stops(stops)
        seeds = [self._seed(options)] * len(prompts) if seeds is None else seeds
        texts = [""] * len(prompts)
        for ids in self._ids(prompts, options, seeds, PIECE):
            texts = [text + self.tokenizer.decode(row) for text, row in zip(texts, ids, strict=True)]
            if stops and all(any(stop in text for stop in stops) for text in texts):
                break
        return ["".join(stop_at(iter([text]), stops)) for text in texts]

    def next_character(self, prompt: str) -> dict[str, float]:
        """Give the chance of every character after a prompt, at temperature 1, in id order."""
        logits = np.asarray(self._compiled.begin(*self._prompt_ids([prompt]))["logits"])[0]
        return dict(zip(self.tokenizer.characters, np.exp(log_probabilities(logits)).tolist(), strict=True))

    def _ids(
        self, prompts: Sequence[str], options: SamplingOptions, seeds: Sequence[int], chunk: int
    ) -> Iterator[NDArray[np.int32]]:
        """Yield the new ids of all rows, `(B, up to chunk)` at a time."""
        settings = (options.temperature, options.top_k, options.top_p, options.min_p)
        columns = [*([value] * len(prompts) for value in settings), seeds]
        knobs = Knobs(*(np.array(values, dtype) for values, dtype in zip(columns, KNOB_TYPES, strict=True)))
        state = self._compiled.begin(*self._prompt_ids(prompts)) if options.max_new else None
        for done in range(0, options.max_new, chunk):
            left = options.max_new - done
            if len(prompts) == 1 and self.jit_compile:
                # A few characters too many take less time than compiling for another number.
                state, ids = self._compiled.advance_one(state, chunk, knobs)
            else:
                state, ids = self._compiled.advance(state, np.int32(min(chunk, left)), knobs)
            yield np.asarray(ids)[:, :left]

    def _prompt_ids(self, prompts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Encode prompts, cut to their newest block, as `(B, P)` with their lengths `(B,)`."""
        rows: list[Any] = []
        for prompt in prompts:
            ids = self.tokenizer.encode(self.tokenizer.plain(prompt)[0])[-self.model.config.block_size :]
            rows.append(ids if len(ids) else np.array([self.tokenizer.start_id], np.int32))
        lengths = np.array([len(row) for row in rows], np.int32)
        padded = np.zeros((len(rows), lengths.max()), np.int32)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        return padded, lengths

    def _seed(self, options: SamplingOptions) -> int:
        return random.randrange(2**31) if options.seed is None else options.seed
