"""A run and a text to look at."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.inspection import findings
from tinygpt_keras.inspection.ablation import check_parts, switches
from tinygpt_keras.inspection.blocks import check_has_blocks
from tinygpt_keras.inspection.forward import at_least_two, check_finite, run_with_edits
from tinygpt_keras.inspection.reading import Reading, observe, read_text
from tinygpt_keras.models.open import Run
from tinygpt_keras.runs.reading import run_corpus
from tinygpt_keras.text.corpus import Corpus

LIKELY = 3  # characters named where there are many lists of them


class Subject:
    """A model and a text; what several views need is computed once.

    Args:
        run: An open run.
        text: The text; the model reads its end, as long as its context.
        without: The parts of the model that are switched off, as `ablation.parts` names them.
    """

    def __init__(self, run: Run, text: str, without: Sequence[str] = ()) -> None:
        self.run = run
        self.model = run.model
        self.without = without
        if without:
            check_has_blocks(self.model)
            check_parts(run.config.model, without)
        self.reading: Reading = read_text(run.tokenizer, text, run.config.model.block_size)

    @functools.cached_property
    def predicted(self) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        """Logits and inner tensors at the characters before each one: row t predicts character t."""
        return observe(self.model, self.reading.inputs)

    @functools.cached_property
    def read(self) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        """Logits and inner tensors at the characters themselves: row t has read character t."""
        return observe(self.model, self.reading.targets)

    @functools.cached_property
    def corpus(self) -> Corpus:
        """The text that the run was trained on."""
        return run_corpus(self.run.directory, self.run.config, otherwise=", or choose another --view")

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Compute the logits of each position of `(T,)` with the parts of `without` off, `(T, V)`."""
        edits = switches(self.run.config.model, [self.without]) if self.without else {}
        return check_finite(np.asarray(run_with_edits(self.model, at_least_two(ids[None]), edits))[0, : len(ids)])

    def likely(self, probabilities: NDArray[Any], count: int | None = LIKELY) -> list[findings.Chance]:
        """Return the likeliest characters of `(V,)`, the likeliest first."""
        order = np.argsort(-probabilities, kind="stable")[:count]
        characters = self.run.tokenizer.characters
        return [findings.Chance(characters[n], round(float(probabilities[n]), 6)) for n in order]
