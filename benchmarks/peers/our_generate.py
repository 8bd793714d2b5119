"""Write with tinygpt-keras; the protocol is that of `nanogpt_generate.py`.

The argument is `python` or `savedmodel`. Both write once before they report ready, to be warm.
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

WARM = 8  # characters of the warm-up


def make_writer(kind: str) -> tuple[CharTokenizer, Callable[[list[str], int], object]]:
    """Return the tokenizer and a function that continues prompts by a number of characters."""
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
    """Answer questions until standard input ends."""
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
