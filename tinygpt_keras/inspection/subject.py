"""A run and a text to look at."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.inspection import findings
from tinygpt_keras.inspection.passes import Passes
from tinygpt_keras.inspection.reading import read_text
from tinygpt_keras.models.open import Run
from tinygpt_keras.runs.reading import run_corpus
from tinygpt_keras.text.corpus import Corpus

LIKELY = 3  # characters named where there are many lists of them


class Subject:
    """A model and a text; what several views need is computed once.

    Args:
        run: An open run.
        text: The text; the model reads its end, as long as its context.
        without: The parts of the model that are switched off, as `parts` names them.
        passes: The model's passes, if they are kept for several texts.
    """

    def __init__(self, run: Run, text: str, without: Sequence[str] = (), passes: Passes | None = None) -> None:
        self.run = run
        self.model = run.model
        self.passes = passes or Passes(run.model)
        self.without = without
        self.reading = read_text(run.tokenizer, text, run.config.model.block_size)

    @functools.cached_property
    def predicted(self) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        """Logits and inner tensors at the characters before each one: row t predicts character t."""
        return self.passes.observe(self.reading.inputs)

    @functools.cached_property
    def read(self) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        """Logits and inner tensors at the characters themselves: row t has read character t."""
        return self.passes.observe(self.reading.targets)

    @functools.cached_property
    def corpus(self) -> Corpus:
        """The text that the run was trained on."""
        return run_corpus(self.run.directory, self.run.config, otherwise=", or choose another --view")

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Compute the logits of each position of `(T,)` with the parts of `without` off, `(T, V)`."""
        return self.passes.logits(ids, self.without)

    def likely(self, probabilities: NDArray[Any], count: int | None = LIKELY) -> list[findings.Chance]:
        """Return the likeliest characters of `(V,)`, the likeliest first."""
        order = np.argsort(-probabilities, kind="stable")[:count]
        characters = self.run.tokenizer.characters
        return [findings.Chance(characters[n], round(float(probabilities[n]), 6)) for n in order]
