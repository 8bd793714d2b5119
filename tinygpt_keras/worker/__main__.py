"""A process that does the terminal UI's TensorFlow work: `python -m tinygpt_keras.worker`.

It reads requests from standard input and writes answers to standard output, a JSON object a line; see `protocol` and
`service`. The process ends at the end of its input.
"""

import argparse
import importlib
import os
import queue
import signal
import sys
import threading
import typing
from typing import Any, BinaryIO

from tinygpt_keras import console
from tinygpt_keras.config import CommandParser
from tinygpt_keras.console.loading import load_keras
from tinygpt_keras.worker.protocol import Answer, Ready, encode
from tinygpt_keras.worker.service import Service


def make_parser() -> argparse.ArgumentParser:
    """Make the parser, which has no flags."""
    return CommandParser(
        prog="python -m tinygpt_keras.worker",
        description="Do the terminal UI's work: requests on standard input, answers on standard output, JSON a line.",
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), serve, argv)


def serve(flags: dict[str, Any]) -> typing.NoReturn:
    """Serve until the parent ends."""
    del flags
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    answers = take_standard_output()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    service = Service(lambda answer: send(answers, answer))
    threading.Thread(target=read_lines, args=[lines, service.whole], daemon=True).start()
    load_libraries()
    send(answers, Ready())
    while True:
        if service.is_idle:
            service.receive(lines.get())
        while not lines.empty():  # all of them, since a later one may cancel an earlier one
            service.receive(lines.get())
        service.work()


def take_standard_output() -> BinaryIO:
    """Return standard output for the answers alone; what libraries print there goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def load_libraries() -> None:
    """Load TensorFlow, which takes seconds."""
    # Otherwise TensorFlow takes all memory of a GPU, and a training run beside this process gets none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    load_keras()
    for room in ("generation", "models.build"):  # before the first request needs them
        importlib.import_module(f"tinygpt_keras.{room}")


def send(answers: BinaryIO, answer: Answer) -> None:
    """Write an answer."""
    try:
        answers.write(encode(answer))
        answers.flush()
    except BrokenPipeError:
        leave()


def read_lines(lines: "queue.SimpleQueue[bytes]", whole: threading.Lock) -> None:
    """Put the lines of standard input into a queue, and end the process at its end."""
    try:
        with open(0, "rb", closefd=False) as requests:
            for line in requests:
                lines.put(line)
    finally:
        with whole:
            leave()


def leave() -> typing.NoReturn:
    """End the process at once, without TensorFlow's slow shutdown."""
    os._exit(console.DONE)


if __name__ == "__main__":
    sys.exit(main())
