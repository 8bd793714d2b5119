"""Writes with tinygpt-keras, by the same questions and answers as `nanogpt_generate.py`.

The argument chooses `python` or `savedmodel`; both are asked once before they are ready, so that they are warm.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tinygpt_keras.config import PRESETS, SamplingOptions
from tinygpt_keras.generation import Generator
from tinygpt_keras.models.build import build_model
from tinygpt_keras.text.corpus import read_corpus
from tinygpt_keras.text.tokenizer import CharTokenizer

WARM = 8  # characters asked for beforehand


def make_writer(kind: str) -> tuple[CharTokenizer, Callable[[list[str], int], object]]:
    """Make the function that writes: prompts and a number of characters in, texts out."""
    tokenizer = CharTokenizer.from_text(read_corpus().text)
    model = build_model(PRESETS["nano"].model)
    if kind == "python":
        generator = Generator(model, tokenizer)
        return tokenizer, lambda prompts, count: generator.generate(
            prompts, SamplingOptions(max_new=count, temperature=0.8, top_k=200, seed=1)
        )
    import tensorflow as tf

    from tinygpt_keras.serving.export import export_model

    served = tf.saved_model.load(export_model(model, tokenizer, Path(tempfile.mkdtemp())))

    def write(prompts: list[str], count: int) -> object:
        settings = {"max_new": count, "temperature": 0.8, "top_k": 200, "top_p": 1.0, "seed": 1}
        columns = {name: tf.fill([len(prompts)], value) for name, value in settings.items()}
        return served.signatures["generate"](prompt=tf.constant(prompts), **columns)["text"].numpy()

    return tokenizer, write


def main() -> None:
    """Answer until the questions end."""
    tokenizer, write = make_writer(sys.argv[1])
    for rows in (1, 64):
        write(["a"] * rows, WARM)
    print("ready", flush=True)
    for line in sys.stdin:
        rows, count, prompt = map(int, line.split())
        prompts = ["".join(tokenizer.characters[(row + place) % 65] for place in range(prompt)) for row in range(rows)]
        start = time.perf_counter()
        write(prompts, count)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
