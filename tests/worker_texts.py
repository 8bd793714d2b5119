"""The texts that the worker is asked for: as its answers give them, and as they have to be."""

import functools

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.open import open_run


def written(answers, number=None):
    """The text of a request, or of all."""
    return "".join(answer.get("text", "") for answer in answers if number in (None, answer["id"]))


@functools.cache
def generator(path, step=None):
    """What writes the texts to compare with."""
    run = open_run(path, step)
    return Generator(run.model, run.tokenizer, jit_compile=False)


def expected(path, prompt, stops=(), step=None, **options):
    """What `sample` writes for a run, whose weights must not have been replaced."""
    return "".join(generator(path, step).stream(prompt, SamplingOptions(**options), stops))
