"""A run and a text to look at, and what each view finds in them."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import log_probabilities
from tinygpt_keras.inspection import findings
from tinygpt_keras.inspection.ablation import ablation, parts
from tinygpt_keras.inspection.attention_map import attention_map, check_has_blocks
from tinygpt_keras.inspection.logit_lens import logit_lens
from tinygpt_keras.inspection.memorised import memorised, searchable
from tinygpt_keras.inspection.neurons import CHARACTERS, activations, most_selective, selectivity
from tinygpt_keras.inspection.next_character import next_character
from tinygpt_keras.inspection.reading import Reading, observe, read_text
from tinygpt_keras.inspection.surprise import surprise
from tinygpt_keras.models.open import Run
from tinygpt_keras.models.tiny_gpt import TinyGPT
from tinygpt_keras.runs.reading import run_corpus
from tinygpt_keras.text.corpus import Corpus

LIKELY = 3  # characters named where there are many lists of them
NAMED = 8  # likely characters of a place, where a whole text is walked through
LOOKED, FAINT = 12, 0.01  # places that a head looked at: how many are kept at most, and the least weight
AROUND = 30  # characters of the training text shown on each side of a shared run


class Subject:
    """A model and a text; what several views need is computed once.

    Args:
        run: An open run.
        text: The text; the model reads its end, as long as its context.
    """

    def __init__(self, run: Run, text: str) -> None:
        self.run = run
        self.model = run.model
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

    def likely(self, probabilities: NDArray[Any], count: int | None = LIKELY) -> list[findings.Chance]:
        """Return the likeliest characters of `(V,)`, the likeliest first."""
        order = np.argsort(-probabilities, kind="stable")[:count]
        characters = self.run.tokenizer.characters
        return [findings.Chance(characters[n], round(float(probabilities[n]), 6)) for n in order]


def find_next(subject: Subject, options: SamplingOptions) -> findings.Next:
    """Find what comes after the text."""
    found = next_character(subject.read[0][-1], options)
    drawn = [chance for chance in subject.likely(found.drawn, None) if chance.probability > 0]
    return findings.Next(subject.reading.text, subject.likely(found.raw, None), drawn)


def find_attention(subject: Subject) -> findings.Attention:
    """Find what each head looked at, from every character of the text."""
    weights = attention_map(subject.read[1]).astype(float).round(4)
    rows = [[[row[: t + 1].tolist() for t, row in enumerate(head)] for head in block] for block in weights]
    return findings.Attention(subject.reading.text, rows)


def find_surprise(subject: Subject) -> findings.Surprise:
    """Find how many bits each character takes."""
    bits = surprise(subject.predicted[0], subject.reading.targets)
    return findings.Surprise(subject.reading.text, bits.tolist(), float(bits.mean()), float(bits.mean() * math.log(2)))


def find_lens(subject: Subject) -> findings.Lens:
    """Find what each block would have said comes after the text."""
    stages = logit_lens(subject.model, subject.read[1])[:, -1]
    return findings.Lens(subject.reading.text, [subject.likely(stage) for stage in stages])


def find_ablation(subject: Subject) -> findings.Costs:
    """Find what the text costs without each part of the model."""
    check_has_blocks(subject.model)
    reading, names = subject.reading, parts(subject.run.config.model)
    variants = [[], *([name] for name in names)]
    bits = ablation(subject.model, reading.inputs, reading.targets, variants).bits.mean(axis=1)
    after = ablation(subject.model, reading.targets, reading.targets, variants).probabilities[:, -1]
    costs = [
        findings.Cost(name, float(bits[row]), float(bits[row] - bits[0]), subject.likely(after[row]))
        for row, name in enumerate(names, 1)
    ]
    return findings.Costs(reading.text, float(bits[0]), subject.likely(after[0]), costs)


def find_neurons(subject: Subject) -> findings.Units:
    """Find the units that tell each concept best, by their selectivity on the validation text."""
    check_has_blocks(subject.model)
    tokenizer, corpus = subject.run.tokenizer, subject.corpus
    text = corpus.text[corpus.train_characters :][:CHARACTERS]
    areas = selectivity(subject.model, tokenizer, tokenizer.encode(text))
    active = activations(subject.read[1])
    units = [
        findings.Unit(n.block, n.unit, n.concept, n.auc, active[n.block, :, n.unit].tolist())
        for n in most_selective(areas, 1)
    ]
    return findings.Units(subject.reading.text, units)


def find_memorised(subject: Subject) -> findings.Memorised:
    """Find the longest run of characters that the text shares with the training text."""
    text, corpus = subject.reading.text, subject.corpus
    training = corpus.text[: corpus.train_characters]
    found = memorised(text, searchable(training))
    end = found.place + found.characters
    before, after = training[max(found.place - AROUND, 0) : found.place], training[end : end + AROUND]
    return findings.Memorised(text, found.characters, found.begin, found.place, before, after)


def find_walk(subject: Subject) -> findings.Walk:
    """Find what the model did at every character of the text."""
    reading, config = subject.reading, subject.run.config.model
    logits, cache = subject.predicted
    chances = np.exp(log_probabilities(logits))  # (T, V)
    bits = surprise(logits, reading.targets)
    has_blocks = isinstance(subject.model, TinyGPT)
    stages = logit_lens(subject.model, cache) if has_blocks else np.zeros((0, len(bits), 1))
    looked = attention_map(cache) if has_blocks else np.zeros((0, 0, len(bits), len(bits)))
    places = [
        findings.Place(
            bits=round(float(bits[t]), 3),
            likely=subject.likely(chances[t], NAMED),
            rank=1 + int((chances[t] > chances[t, reading.targets[t]]).sum()),
            looked=[[most_looked_at(head[t, : t + 1]) for head in block] for block in looked],
            stages=[subject.likely(stage[t]) for stage in stages],
        )
        for t in range(len(bits))
    ]
    step = "" if subject.run.step is None else f", step {subject.run.step:,}"
    return findings.Walk(
        run=f"{subject.run.directory.path.resolve().name}{step}",
        text=reading.text,
        mean_bits=float(bits.mean()),
        characters=config.vocab_size,
        blocks=looked.shape[0],
        heads=looked.shape[1],
        places=places,
    )


def most_looked_at(weights: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Return the places with the greatest weights of `(t + 1,)`; the first one stands before the text."""
    order = np.argsort(-weights, kind="stable")[:LOOKED]
    return [(int(place) - 1, round(float(weights[place]), 3)) for place in order if weights[place] >= FAINT]


VIEWS: dict[str, Callable[[Subject, SamplingOptions], findings.Finding]] = {
    "next": find_next,
    "attention": lambda subject, options: find_attention(subject),
    "surprise": lambda subject, options: find_surprise(subject),
    "lens": lambda subject, options: find_lens(subject),
    "ablation": lambda subject, options: find_ablation(subject),
    "neurons": lambda subject, options: find_neurons(subject),
    "memorised": lambda subject, options: find_memorised(subject),
}
