"""A client with a worker that follows a script."""

import contextlib
import sys
from pathlib import Path

from tinygpt_keras.worker.client import Client

SCRIPTED = [sys.executable, "-S", str(Path(__file__).parents[1] / "scripted_worker.py")]
TEXT = "Thou art line {}.\nAnd so it ends.\n\n"


@contextlib.asynccontextmanager
async def started(*command):
    client = Client(command or SCRIPTED)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def program(code):
    """A worker that is a few lines of Python."""
    return sys.executable, "-S", "-c", code
