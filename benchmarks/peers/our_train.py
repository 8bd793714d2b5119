"""Train with tinygpt-keras; the protocol is that of `nanogpt_train.py`.

It takes the flags of `tinygpt_keras.train` and does what that command does: run directory, session with the recipe's
compilation, batches, `model.fit` and callbacks, but without those that evaluate and save.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from tinygpt_keras import console
from tinygpt_keras import train as command
from tinygpt_keras.text.tokenizer import CharTokenizer
from tinygpt_keras.training import callbacks
from tinygpt_keras.training.session import Session
from tinygpt_keras.training.signals import StopRequest

PRODUCTS = 4  # the fastest counts
LEFT_OUT = (callbacks.Evaluation, callbacks.Checkpointing)


def make_trainer(flags: list[str]) -> Callable[[int], float]:
    """Set up a run as the command does.

    Args:
        flags: Flags of `tinygpt_keras.train`, `--run-dir` among them.

    Returns:
        A function that trains for a number of steps and returns the seconds, the start of `fit` included.
    """
    directory, config, corpus = command.set_up(vars(command.make_parser().parse_args(flags)))
    command.write(directory, config, corpus)
    tokenizer = CharTokenizer.load(directory.vocab_file)
    ids = tokenizer.encode_pieces(corpus.pieces(), corpus.characters)
    session = Session(config, directory, ids, tokenizer, lambda event: None, StopRequest())
    listeners = [
        listener for listener in session.make_callbacks(session.prepare(None)) if not isinstance(listener, LEFT_OUT)
    ]

    def train(steps: int) -> float:
        start = time.perf_counter()
        session.model.fit(
            session.batches(), epochs=1, steps_per_epoch=steps, callbacks=listeners, verbose=0, shuffle=False
        )
        return time.perf_counter() - start

    return train


def product(size: int) -> float:
    """Return the time of the fastest of a few float32 products of square matrices."""
    one, other = tf.random.uniform([2, size, size])
    times: list[float] = []
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        tf.linalg.matmul(one, other)[0, 0].numpy()  # waits for the product without copying it
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Answer questions until standard input ends."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        with console.quiet_libraries(Path(folder) / "log"):
            train = make_trainer([*sys.argv[1:], "--run-dir", str(run)])
        print("ready", flush=True)
        for line in sys.stdin:
            question, count = line.split()
            print({"train": train, "product": product}[question](int(count)), flush=True)


if __name__ == "__main__":
    main()
