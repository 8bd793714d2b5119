"""Text generation from prompts, streamed or in batches."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import check_finite, log_probabilities
from tinygpt_keras.generation.beam import compile_search
from tinygpt_keras.generation.compiled import PIECE, compile_decoding
from tinygpt_keras.generation.sampling import KNOB_TYPES, Knobs
from tinygpt_keras.generation.sources import begun_reply, source_ids, until_end
from tinygpt_keras.generation.stopping import stop_at
from tinygpt_keras.text.tokenizer import CharTokenizer

WORTH_COMPILING = 2000  # characters; shorter texts do not win back the seconds in which XLA compiles
STREAMED = 16  # characters per call when streaming: twenty calls a second even with `nano`


class Generator:
    """Generates text with a model: continuations of prompts, or an encoder-decoder's replies to them, up to their end.

    An empty prompt starts from a newline; an encoder-decoder replies to an empty source, which is only its end, though
    it has learned from none. Characters of a prompt outside the vocabulary are replaced or left out (see
    `CharTokenizer.plain`). Those of a stop string are replaced, too; a stop string with a character that has no
    replacement is ignored (see `CharTokenizer.plain_stops`).

    Args:
        model: A built `TinyGPT`, `Bigram` or `Transformer`.
        tokenizer: The tokenizer that the model was trained with.
        jit_compile: Whether to generate single texts with XLA. It takes about 200 MB at the size of `nano`, and seconds
            to compile, which fewer than `WORTH_COMPILING` characters do not win back.
    """

    def __init__(self, model: Any, tokenizer: CharTokenizer, jit_compile: bool = True) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.jit_compile = jit_compile
        self._compiled = compile_decoding(model)
        self._search = compile_search(model)

    def stream(
        self, prompt: str, options: SamplingOptions | None = None, stops: Sequence[str] = (), written: str = ""
    ) -> Iterator[str]:
        """Continue one prompt, a few characters at a time.

        Args:
            prompt: Any text.
            options: The settings; without a seed, the text differs every time.
            stops: Strings that end the text and are not part of it.
            written: How the continuation or the reply begins; it is not repeated.

        Yields:
            Pieces of the continuation.

        Raises:
            InputError: When the model's weights are so large that its logits are not finite.
        """
        options = options or SamplingOptions()
        batches = self._ids([prompt], options, [self._seed(options)], STREAMED, written)
        return stop_at(self._until_end(ids[0] for ids in batches), self.tokenizer.plain_stops(stops)[0])

    def generate(
        self,
        prompts: Sequence[str],
        options: SamplingOptions | None = None,
        stops: Sequence[str] = (),
        seeds: Sequence[int] | None = None,
    ) -> list[str]:
        """Continue several prompts of any lengths at once.

        Each text is the one that the prompt alone would yield, up to rounding: logits round differently with another
        batch size and under XLA. A draw this close to the boundary between two characters may choose the other one, and
        the texts differ from there. The pretrained model does so once in 1.5 million characters, as measured by
        `benchmarks/batches.py`.

        Args:
            prompts: Any texts.
            options: The settings of all prompts.
            stops: Strings that end a text and are not part of it.
            seeds: A seed for each prompt; by default all use the seed in `options`.

        Returns:
            The continuations.

        Raises:
            InputError: When the model's weights are so large that its logits are not finite.
        """
        if not prompts:
            return []
        options = options or SamplingOptions()
        stops, _ = self.tokenizer.plain_stops(stops)
        seeds = [self._seed(options)] * len(prompts) if seeds is None else seeds
        texts, ended = [""] * len(prompts), [False] * len(prompts)
        for ids in self._ids(prompts, options, seeds, PIECE):
            for place, row in enumerate(ids):
                if not ended[place]:
                    kept, ended[place] = until_end(row, self.model.config.end_id)
                    texts[place] += self.tokenizer.decode(kept)
            if all(ended[place] or any(stop in text for stop in stops) for place, text in enumerate(texts)):
                break
        return ["".join(stop_at(iter([text]), stops)) for text in texts]

    def search(self, sources: Sequence[str], beams: int, alpha: float, max_new: int | None = None) -> list[str]:
        """Find the likeliest replies, with beam search.

        Args:
            sources: Any texts.
            beams: How many beginnings of a reply to keep; 1 always takes the likeliest symbol.
            alpha: The exponent of the length penalty; see `length_penalty`.
            max_new: The most characters of a reply; the block size by default.

        Returns:
            The replies.

        Raises:
            InputError: When the model writes no replies, or its logits are not finite.
        """
        config = self.model.config
        if not config.replies:
            raise InputError("beam search is for models that reply, and this one continues a text. Drop --beams.")
        if not sources or max_new == 0:
            return [""] * len(sources)
        state = self._compiled.begin(*self._prompt_ids(sources))
        check_finite(np.asarray(state["logits"]))
        room = config.block_size - 1
        count = min(room if max_new is None else max_new, room) + 1  # with the end, and the start before
        ids, _ = self._search(state, count, beams, alpha)
        return [self.tokenizer.decode(until_end(row, config.end_id)[0][: count - 1]) for row in np.asarray(ids)]

    def next_character(self, prompt: str) -> dict[str, float]:
        """Return the probability of every character after a prompt, at temperature 1, in id order.

        A reply may also end; that is what the probabilities of its first character lack to one.
        """
        logits = check_finite(np.asarray(self._compiled.begin(*self._prompt_ids([prompt]))["logits"]))[0]
        return dict(zip(self.tokenizer.characters, np.exp(log_probabilities(logits)).tolist(), strict=False))

    def _ids(
        self, prompts: Sequence[str], options: SamplingOptions, seeds: Sequence[int], chunk: int, written: str = ""
    ) -> Iterator[NDArray[np.int32]]:
        """Yield the new ids of all rows, `(B, up to chunk)` at a time."""
        columns = zip(*(Knobs.of(options, seed) for seed in seeds), strict=True)
        knobs = Knobs(*(np.array(values, dtype) for values, dtype in zip(columns, KNOB_TYPES, strict=True)))
        state = self._compiled.begin(*self._prompt_ids(prompts, written)) if options.max_new else None
        for done in range(0, options.max_new, chunk):
            check_finite(np.asarray(state["logits"]))
            left = options.max_new - done
            if self._compiled.has_one or (len(prompts) == 1 and self.jit_compile):
                # Generating a few unused characters takes less time than compiling for another count.
                state, ids = self._compiled.advance_one(state, chunk, knobs)
            else:
                state, ids = self._compiled.advance(state, np.int32(min(chunk, left)), knobs)
            yield np.asarray(ids)[:, :left]

    def _until_end(self, pieces: Iterator[NDArray[Any]]) -> Iterator[str]:
        """Decode pieces of a text, up to the end of a reply."""
        for piece in pieces:
            kept, ended = until_end(piece, self.model.config.end_id)
            yield self.tokenizer.decode(kept)
            if ended:
                return

    def _prompt_ids(self, prompts: Sequence[str], written: str = "") -> tuple[NDArray[np.int32], ...]:
        """Return the arguments of `begin`.

        Those are the last `block_size` characters of each prompt as ids, `(B, P)`, and their lengths, `(B,)`. Those of
        a reply are the start's id and what is `written` of it, and the prompts are its sources, `(B, block_size)`.
        """
        config = self.model.config
        if config.replies:
            begun = begun_reply(config, self.tokenizer, written)
            beginnings, lengths = np.tile(begun, (len(prompts), 1)), np.full(len(prompts), len(begun), np.int32)
            return beginnings, lengths, source_ids(config, self.tokenizer, prompts)
        rows: list[Any] = []
        for prompt in prompts:
            ids = self.tokenizer.encode(self.tokenizer.plain(prompt + written)[0])[-self.model.config.block_size :]
            rows.append(ids if len(ids) else np.array([self.tokenizer.start_id], np.int32))
        lengths = np.array([len(row) for row in rows], np.int32)
        padded = np.zeros((len(rows), lengths.max()), np.int32)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        return padded, lengths

    def _seed(self, options: SamplingOptions) -> int:
        return random.randrange(2**31) if options.seed is None else options.seed
