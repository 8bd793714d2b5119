"""What each view finds in a subject, as plain values."""

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras import findings
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import InputError
from tinygpt_keras.evaluation.exact_loss import log_probabilities
from tinygpt_keras.findings import ACROSS, BOTH_WAYS, KINDS, SELF
from tinygpt_keras.inspection.asked_parts import decoder_unit, kind_of_attention, numbers
from tinygpt_keras.inspection.attention_map import attention_map, thumbnails
from tinygpt_keras.inspection.blocks import check_has_blocks
from tinygpt_keras.inspection.kept import kept
from tinygpt_keras.inspection.logit_lens import stages
from tinygpt_keras.inspection.memorised import memorised
from tinygpt_keras.inspection.neurons import CHARACTERS, activations, described, most_selective, selectivity
from tinygpt_keras.inspection.next_character import next_character
from tinygpt_keras.inspection.parts import HEADS, parts
from tinygpt_keras.inspection.reply_neurons import reply_selectivity
from tinygpt_keras.inspection.subject import Subject
from tinygpt_keras.inspection.surprise import surprise
from tinygpt_keras.models.stream import StreamModel
from tinygpt_keras.text.corpus import split_point
from tinygpt_keras.text.encoded_pairs import encode_pairs
from tinygpt_keras.text.pairs import END, Pairs

NAMED = 8  # likely characters of a place, where a whole text is walked through
LOOKED, FAINT = 12, 0.01  # places that a head looked at: how many are kept at most, and the least weight
SIDE = 16  # of the small picture of a head
AROUND = 30  # characters of the training text shown on each side of a shared run


def find_next(subject: Subject, options: SamplingOptions) -> findings.Next:
    """Find what comes after a character."""
    found = next_character(subject.logits_after(subject.without)[subject.place], options)
    drawn = [chance for chance in subject.likely(found.drawn, None) if chance.probability > 0]
    return findings.Next(subject.reading.text, subject.place, subject.likely(found.raw, None), drawn)


def find_attention(subject: Subject) -> findings.Attention | findings.Head:
    """Find what each head looked at from a character, or one head from every character.

    An encoder's heads look from the character of the source that cross-attention looks at most from there.
    """
    if subject.part is not None and subject.part not in KINDS:
        return find_head(subject, subject.part)
    kind, cache = kind_of_attention(subject.run.config.model, subject.part), subject.read[1]
    weights, place = attention_map(cache, kind), subject.place
    if kind == BOTH_WAYS:
        place = int(attention_map(cache, ACROSS)[:, :, place].mean(axis=(0, 1)).argmax())
    row = weights[:, :, place, : place + 1] if kind == SELF else weights[:, :, place]
    return findings.Attention(looker(subject, kind), place, rounded(row, 4), kind, seen(subject, kind))


def find_head(subject: Subject, part: str) -> findings.Head:
    """Find what one head looked at, from every character of the text."""
    check_has_blocks(subject.model)
    stack, block, name, head = numbers(subject.run.config.model, part, *HEADS.values())
    kind = f"{stack}{ACROSS if name == 'cross_head' else SELF}"
    weights = attention_map(subject.read[1], kind)[block, head]
    rows = [rounded(row[: t + 1] if kind == SELF else row, 4) for t, row in enumerate(weights)]
    return findings.Head(looker(subject, kind), block, head, rows, kind, seen(subject, kind))


def find_heads(subject: Subject) -> findings.Heads:
    """Find a small picture of what each head looked at."""
    kind = kind_of_attention(subject.run.config.model, subject.part)
    maps = thumbnails(attention_map(subject.read[1], kind), SIDE)
    return findings.Heads(looker(subject, kind), rounded(maps, 3), kind, seen(subject, kind))


def looker(subject: Subject, kind: str) -> str:
    """Return the text whose characters look."""
    return subject.reading.asked if kind == BOTH_WAYS else subject.reading.text


def seen(subject: Subject, kind: str) -> str:
    """Return the source if it is what is looked at."""
    return "" if kind == SELF else subject.reading.asked


def rounded(weights: NDArray[np.float32], digits: int) -> list[Any]:
    """Return weights as plain numbers."""
    return weights.astype(float).round(digits).tolist()


def find_surprise(subject: Subject) -> findings.Surprise:
    """Find how many bits each character takes."""
    bits = surprise(subject.logits_before(subject.without), subject.reading.targets)
    return findings.Surprise(
        subject.reading.predicted, bits.tolist(), float(bits.mean()), float(bits.mean() * math.log(2))
    )


def find_lens(subject: Subject) -> findings.Lens:
    """Find what each block would have said comes after a character."""
    said = likely_after_blocks(subject, subject.read[1], subject.place)
    return findings.Lens(subject.reading.text, subject.place, said)


def likely_after_blocks(
    subject: Subject, cache: Mapping[str, NDArray[np.float32]], place: int
) -> list[list[findings.Chance]]:
    """Return the likeliest characters at a place after the embedding and after each block."""
    there = {name: tensor[place : place + 1] for name, tensor in cache.items() if ".residual." in name}
    return [subject.likely(stage[0]) for some in stages(subject.model, there) for stage in some]


def find_without(subject: Subject) -> findings.Without:
    """Find what the text costs, and what comes after a character, with parts of the model off."""
    check_has_blocks(subject.model)
    reading, both = subject.reading, ((), subject.without)
    bits = [float(surprise(subject.logits_before(off), reading.targets).mean()) for off in both]
    after = [np.exp(log_probabilities(subject.logits_after(off)[subject.place])) for off in both]
    chances = [subject.likely(one, None) for one in after]
    return findings.Without(reading.text, subject.place, list(subject.without), *bits, *chances)


def find_ablation(subject: Subject) -> findings.Costs:
    """Find what the text costs without each part of the model."""
    check_has_blocks(subject.model)
    reading, names = subject.reading, parts(subject.run.config.model)
    variants = [[], *([name] for name in names)]
    bits: list[float] = []
    after: list[list[findings.Chance]] = []  # a few each: all of all parts would take gigabytes with many characters
    is_same = reading.inputs is reading.ids
    for ids in (reading.inputs,) if is_same else (reading.inputs, reading.ids):
        for logits in subject.passes.ablated(ids, variants, reading.source):
            if ids is reading.inputs:
                bits += [float(surprise(row, reading.targets).mean()) for row in logits]
            if ids is reading.ids:
                after += [subject.likely(np.exp(log_probabilities(row[subject.place]))) for row in logits]
    costs = [findings.Cost(name, bits[row], bits[row] - bits[0], after[row]) for row, name in enumerate(names, 1)]
    return findings.Costs(reading.text, bits[0], after[0], costs)


def find_neurons(subject: Subject) -> findings.Units:
    """Find the units that tell each concept best, by their selectivity on the validation text; or one unit."""
    check_has_blocks(subject.model)
    if subject.part is None:
        chosen = most_selective(measured(subject), 1)
    else:
        areas: dict[str, NDArray[np.float64]] = {}
        with contextlib.suppress(InputError):  # without the training text it is active all the same
            areas = measured(subject)
        chosen = [described(areas, *decoder_unit(subject.run.config.model, subject.part))]
    active = activations(subject.read[1])
    units = [
        findings.Unit(n.block, n.unit, n.concept, n.auc, active[n.block, :, n.unit].astype(float).round(4).tolist())
        for n in chosen
    ]
    return findings.Units(subject.reading.text, units)


def measured(subject: Subject) -> dict[str, NDArray[np.float64]]:
    """Return the selectivity of the hidden units on the validation text: kept from an earlier look, or measured."""
    tokenizer, corpus, config = subject.run.tokenizer, subject.corpus, subject.run.config
    if subject.reading.source is not None:
        held_out, block_size = subject.pairs.pairs[subject.pairs.train :][:CHARACTERS], config.model.block_size
        encoded = encode_pairs(Pairs(held_out, 0), tokenizer, block_size)
        return kept(subject.model, repr(held_out), lambda: reply_selectivity(subject.model, tokenizer, encoded))
    text = corpus.excerpt(split_point(config.corpus.characters), CHARACTERS)
    return kept(subject.model, text, lambda: selectivity(subject.model, tokenizer, tokenizer.encode(text)))


def find_memorised(subject: Subject) -> findings.Memorised:
    """Find the longest run of characters that the text shares with the training text."""
    text, training = subject.reading.predicted.removesuffix(END), subject.training_text
    found = memorised(text, subject.sorted_texts.get(training))
    end = found.place + found.characters
    before, after = training[max(found.place - AROUND, 0) : found.place], training[end : end + AROUND]
    return findings.Memorised(text, found.characters, found.begin, found.place, before, after)


def find_walk(subject: Subject) -> findings.Walk:
    """Find what the model did at every character of the text."""
    reading = subject.reading
    logits, cache = subject.predicted
    bits = surprise(logits, reading.targets)
    has_blocks = isinstance(subject.model, StreamModel)
    looked = attention_map(cache) if has_blocks else np.zeros((0, 0, len(bits), len(bits)))
    across = np.zeros((0, 0, 0, 0)) if reading.source is None else attention_map(cache, ACROSS)
    places: list[findings.Place] = []
    for t, row in enumerate(logits):
        chances = np.exp(log_probabilities(row))  # (V,)
        places.append(
            findings.Place(
                bits=round(float(bits[t]), 3),
                likely=subject.likely(chances, NAMED),
                rank=1 + int((chances > chances[reading.targets[t]]).sum()),
                looked=[[most_looked_at(head[t, : t + 1], first=-1) for head in block] for block in looked],
                stages=likely_after_blocks(subject, cache, t) if has_blocks else [],
                across=[[most_looked_at(head[t]) for head in block] for block in across],
            )
        )
    step = "" if subject.run.step is None else f", step {subject.run.step:,}"
    return findings.Walk(
        run=f"{subject.run.directory.path.resolve().name}{step}",
        text=reading.predicted,
        cut=reading.cut_text + reading.cut_source > 0,
        mean_bits=float(bits.mean()),
        characters=logits.shape[-1],
        blocks=looked.shape[0],
        heads=looked.shape[1],
        places=places,
        source=reading.asked,
    )


def most_looked_at(weights: NDArray[np.float32], first: int = 0) -> list[tuple[int, float]]:
    """Return the places with the greatest weights of `(S,)`; the first one is -1 where it stands before the text."""
    order = np.argsort(-weights, kind="stable")[:LOOKED]
    return [(int(place) + first, round(float(weights[place]), 3)) for place in order if weights[place] >= FAINT]


VIEWS: dict[str, Callable[[Subject, SamplingOptions], findings.AnyFinding]] = {
    "next": find_next,
    "attention": lambda subject, options: find_attention(subject),
    "heads": lambda subject, options: find_heads(subject),
    "surprise": lambda subject, options: find_surprise(subject),
    "lens": lambda subject, options: find_lens(subject),
    "without": lambda subject, options: find_without(subject),
    "ablation": lambda subject, options: find_ablation(subject),
    "neurons": lambda subject, options: find_neurons(subject),
    "memorised": lambda subject, options: find_memorised(subject),
}
