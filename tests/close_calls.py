"""The one reason for which two texts of the same prompt, settings and seed may differ: a draw within rounding."""

import numpy as np

from tinygpt_keras.generation import Knobs, distribution
from tinygpt_keras.generation.context import context_length
from tinygpt_keras.generation.sampling import KNOB_TYPES, uniform

CLOSE = 2e-5  # the logits of one and of many rows differed by up to 1.6e-5, those of the pretrained model


def assert_same_text(generator, prompt, texts, temperature=0.8, top_k=0, top_p=1.0, min_p=0.0, seed=0):
    """Check that two continuations are equal, or that at the first difference a hair decided.

    The logits of what both have in common are computed anew. Either character must be drawn by the random number of
    that place, with an error of `CLOSE` in the logits, which may also swap neighbours, and in the sum of the chances.
    """
    one, other = texts
    assert len(one) == len(other)
    if one == other:
        return
    place = next(place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    tokenizer, block_size = generator.tokenizer, generator.model.config.block_size
    read = tokenizer.plain(prompt)[0] or tokenizer.characters[tokenizer.start_id]
    context = (read + one[:place])[-context_length(len(read), place, block_size) :]
    logits = np.asarray(generator._compiled.begin(*generator._prompt_ids([context]))["logits"])
    settings = zip((temperature, top_k, top_p, min_p, seed), KNOB_TYPES, strict=True)
    knobs = Knobs(*(np.array([value], dtype) for value, dtype in settings))
    chances = np.asarray(distribution(logits, knobs), np.float64)[0]
    drawn = float(uniform(knobs.seed, np.array([place]))[0])
    for character in (one[place], other[place]):
        lead = logits[0] - logits[0, tokenizer.characters.index(character)]
        low, high = chances[lead > CLOSE].sum() - CLOSE, chances[lead >= -CLOSE].sum() + CLOSE
        assert low <= drawn <= high, f"{character!r} at {place} is no matter of rounding: {one!r} and {other!r}"
