"""A run and a text to look at."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras import findings
from tinygpt_keras.errors import InputError
from tinygpt_keras.inspection.memorised import SortedTexts, check_searchable
from tinygpt_keras.inspection.passes import Passes
from tinygpt_keras.inspection.reading import read_pair, read_text
from tinygpt_keras.models.open import Run
from tinygpt_keras.runs.reading import run_corpus
from tinygpt_keras.text.corpus import Corpus, split_point
from tinygpt_keras.text.pairs import END, Pairs, read_pairs

Observed = tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]
LIKELY = 3  # characters named where there are many lists of them


class Subject:
    """A model and a text; what several views need is computed once.

    Args:
        run: An open run.
        text: The text; the model reads its end, as long as its context. Of a model that replies: the reply.
        passes: The model's passes, if they are kept for several texts.
        sorted_texts: The training texts to search, if they are kept.
        prompt: What a model that replies replies to.

    Raises:
        InputError: When the model knows no character of it, or when a prompt is missing or of no use.
    """

    def __init__(
        self,
        run: Run,
        text: str,
        passes: Passes | None = None,
        sorted_texts: SortedTexts | None = None,
        prompt: str | None = None,
    ) -> None:
        self.run = run
        self.model = run.model
        self.passes = passes or Passes(run.model)
        self.sorted_texts = sorted_texts or SortedTexts()
        model = run.config.model
        if model.replies != (prompt is not None):
            raise InputError(wrong_prompt(run))
        if prompt is None:
            self.reading = read_text(run.tokenizer, text, model.block_size)
        else:
            self.reading = read_pair(run.tokenizer, prompt, text, model)
        self._computed: dict[str, Any] = {}
        self.place = len(self.reading.text) - 1
        """The place of the character that the views look from."""
        self.without: Sequence[str] = ()
        """The parts of the model that are switched off, as `parts` names them."""
        self.part: str | None = None
        """The head or the hidden unit that a view is about."""

    def at(self, place: int | None = None, without: Sequence[str] = (), part: str | None = None) -> Self:
        """Return the same subject, seen differently; what is computed already is shared.

        Args:
            place: The place in the text to look from; by default its last character.
            without: The parts to switch off.
            part: The head or hidden unit that a view is about.

        Raises:
            InputError: When the text has no such place.
        """
        last = len(self.reading.text) - 1
        if place is not None and not 0 <= place <= last:
            raise InputError(f"the text has no character {place}. Choose one from 0 to {last}.")
        other = copy.copy(self)
        other.place, other.without, other.part = last if place is None else place, without, part
        return other

    @property
    def predicted(self) -> Observed:
        """Logits and inner tensors at the characters before each one: row t predicts character t."""
        reading = self.reading
        if reading.inputs is reading.ids:
            return self.read
        return self._once("predicted", lambda: self.passes.observe(reading.inputs, reading.source))

    @property
    def read(self) -> Observed:
        """Logits and inner tensors at the characters themselves: row t has read character t."""
        return self._once("read", lambda: self.passes.observe(self.reading.ids, self.reading.source))

    @property
    def corpus(self) -> Corpus:
        """The text that the run was trained on."""
        otherwise = ", or choose another view"
        return self._once("corpus", lambda: run_corpus(self.run.directory, self.run.config, otherwise=otherwise))

    @property
    def pairs(self) -> Pairs:
        """The pairs that a run of a model that replies was trained on."""
        return self._once("pairs", lambda: read_pairs(self.run.config.task, self.corpus))

    @property
    def training_text(self) -> str:
        """The text that trained; of pairs the replies, each with its end.

        Raises:
            InputError: When it is too long to search.
        """
        if self.reading.source is None:
            characters = split_point(self.run.config.corpus.characters)
            check_searchable(characters)  # before a long text is read
            return self.corpus.excerpt(0, characters)
        return "".join(pair.reply + END for pair in self.pairs.pairs[: self.pairs.train])

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        """Return what was computed under a name, by any copy of this subject; compute it the first time."""
        if name not in self._computed:
            self._computed[name] = compute()
        return self._computed[name]

    def logits_before(self, off: Sequence[str] = ()) -> NDArray[np.float32]:
        """Compute the logits that predict each character, `(T, V)`, with some parts switched off."""
        return self.passes.logits(self.reading.inputs, off, self.reading.source) if off else self.predicted[0]

    def logits_after(self, off: Sequence[str] = ()) -> NDArray[np.float32]:
        """Compute the logits after each character, `(T, V)`, with some parts switched off."""
        return self.passes.logits(self.reading.ids, off, self.reading.source) if off else self.read[0]

    def likely(self, probabilities: NDArray[Any], count: int | None = LIKELY) -> list[findings.Chance]:
        """Return the likeliest characters of `(V,)`, the likeliest first."""
        order = np.argsort(-probabilities, kind="stable")[:count]
        characters = [*self.run.tokenizer.characters, END]
        return [findings.Chance(characters[n], round(float(probabilities[n]), 6)) for n in order]


def wrong_prompt(run: Run) -> str:
    """Return why a prompt is missing, or of no use."""
    if run.config.model.replies:
        return f"{run.directory.path} replies to a source. Give it one."
    return f"{run.directory.path} continues a text, and has nothing to reply to. Give it the text alone."
