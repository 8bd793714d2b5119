"""A process that does the terminal UI's TensorFlow work: `python -m tinygpt_keras.worker`.

Requests come in as lines of JSON on standard input, and answers go out as lines of JSON on standard output; see
`worker_requests` and `worker_service`. At the end of its input the process ends.
"""

import argparse
import json
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
from tinygpt_keras.worker.service import Service


def make_parser() -> argparse.ArgumentParser:
    """Make the command's flags: none."""
    return CommandParser(
        prog="python -m tinygpt_keras.worker",
        description="Do the terminal UI's work: requests on standard input, answers on standard output, JSON a line.",
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command with its arguments, or the process's own, and return its exit status."""
    return console.run_command(make_parser(), serve, argv)


def serve(flags: dict[str, Any]) -> typing.NoReturn:
    """Serve until the parent is gone."""
    del flags
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = take_standard_output()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    service = Service(lambda number, event, **fields: send(answers, {"id": number, "event": event, **fields}))
    threading.Thread(target=read_lines, args=[lines, service.whole], daemon=True).start()
    load_libraries()
    send(answers, {"event": "ready"})
    while True:
        if service.is_idle:
            service.receive(lines.get())
        while not lines.empty():  # everything, since what comes later may cancel what came before
            service.receive(lines.get())
        service.work()


def take_standard_output() -> BinaryIO:
    """Keep standard output for answers, and send what libraries print there to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def load_libraries() -> None:
    """Load TensorFlow, which takes seconds."""
    # All of a GPU's memory would be taken otherwise, and a training run beside this process would get none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    load_keras()
    import tinygpt_keras.generation
    import tinygpt_keras.models.build  # noqa: F401 - loaded for later


def send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    """Write an answer as a line."""
    try:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    except BrokenPipeError:
        leave()


def read_lines(lines: "queue.SimpleQueue[bytes]", whole: threading.Lock) -> None:
    """Pass standard input on, line by line, and end the process with it."""
    try:
        with open(0, "rb", closefd=False) as requests:
            for line in requests:
                lines.put(line)
    finally:
        with whole:
            leave()


def leave() -> typing.NoReturn:
    """End the process at once: with the parent gone, nothing is worth TensorFlow's orderly end."""
    os._exit(console.DONE)


if __name__ == "__main__":
    sys.exit(main())
