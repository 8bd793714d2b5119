"""What each view finds in a subject, as plain values."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.evaluation.exact_loss import log_probabilities
from tinygpt_keras.inspection import findings
from tinygpt_keras.inspection.attention_map import attention_map
from tinygpt_keras.inspection.blocks import check_has_blocks
from tinygpt_keras.inspection.kept import kept
from tinygpt_keras.inspection.logit_lens import logit_lens
from tinygpt_keras.inspection.memorised import memorised, searchable
from tinygpt_keras.inspection.neurons import CHARACTERS, activations, most_selective, selectivity
from tinygpt_keras.inspection.next_character import next_character
from tinygpt_keras.inspection.parts import parts
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.surprise import surprise
from tinygpt_keras.models.tiny_gpt import TinyGPT

NAMED = 8  # likely characters of a place, where a whole text is walked through
LOOKED, FAINT = 12, 0.01  # places that a head looked at: how many are kept at most, and the least weight
AROUND = 30  # characters of the training text shown on each side of a shared run


def find_next(subject: Subject, options: SamplingOptions) -> findings.Next:
    """Find what comes after the text."""
    found = next_character(subject.logits(subject.reading.targets)[-1], options)
    drawn = [chance for chance in subject.likely(found.drawn, None) if chance.probability > 0]
    return findings.Next(subject.reading.text, subject.likely(found.raw, None), drawn)


def find_attention(subject: Subject) -> findings.Attention:
    """Find what each head looked at, from every character of the text."""
    weights = attention_map(subject.read[1]).astype(float).round(4)
    rows = [[[row[: t + 1].tolist() for t, row in enumerate(head)] for head in block] for block in weights]
    return findings.Attention(subject.reading.text, rows)


def find_surprise(subject: Subject) -> findings.Surprise:
    """Find how many bits each character takes."""
    bits = surprise(subject.logits(subject.reading.inputs), subject.reading.targets)
    return findings.Surprise(subject.reading.text, bits.tolist(), float(bits.mean()), float(bits.mean() * math.log(2)))


def find_lens(subject: Subject) -> findings.Lens:
    """Find what each block would have said comes after the text."""
    last = {name: tensor[-1:] for name, tensor in subject.read[1].items() if ".residual." in name}
    stages = logit_lens(subject.model, last)[:, 0]
    return findings.Lens(subject.reading.text, [subject.likely(stage) for stage in stages])


def find_ablation(subject: Subject) -> findings.Costs:
    """Find what the text costs without each part of the model."""
    check_has_blocks(subject.model)
    reading, names = subject.reading, parts(subject.run.config.model)
    variants = [[], *([name] for name in names)]
    read = subject.passes.ablated(reading.inputs, variants)
    bits = np.concatenate([[surprise(row, reading.targets).mean() for row in logits] for logits in read])
    after = np.concatenate([logits[:, -1] for logits in subject.passes.ablated(reading.targets, variants)])  # (N, V)
    after = np.exp(log_probabilities(after))
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
    areas = kept(subject.model, text, lambda: selectivity(subject.model, tokenizer, tokenizer.encode(text)))
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
        cut=reading.cut > 0,
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
