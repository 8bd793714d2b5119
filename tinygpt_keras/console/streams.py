"""Standard output and standard error, which somebody may be reading or not, and the libraries' chatter on them."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from tinygpt_keras.console.failures import tensorflow_failure
from tinygpt_keras.errors import TinyGPTError


def open_missing() -> None:
    """Let what a process was started without, as by `2>&-`, lead nowhere: Python then has `None` in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It gets the lowest descriptor that is free, which is the stream's own.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 open to the end


def write_out() -> None:
    """Write what was printed, while a failure can still be told as any other."""
    try:
        sys.stdout.flush()
    except OSError:
        drop_output()
        raise


def drop_output(descriptor: int = 1) -> None:
    """Lose what was printed and not written: Python would try again at its end, and complain in its own way."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def tell(line: str) -> None:
    """Print a line to standard error, where somebody may be reading or not."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        drop_output(2)


@contextlib.contextmanager
def quiet_libraries(log: Path | None = None) -> Generator[TextIO, None, None]:
    """Send what libraries print to a log instead of the screen.

    TensorFlow writes its start-up lines to file descriptor 2 whatever it is told (tensorflow#100442).

    Args:
        log: The file to append to; without one it is kept in a temporary file, and shown only if the block fails
            in a way that nobody foresaw.

    Yields:
        A stream to the real standard error.
    """
    sys.stderr.flush()
    screen = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    with closed_whatever_happens(screen), log.open("ab") if log else tempfile.TemporaryFile() as chatter:
        saved = os.dup(2)
        os.dup2(chatter.fileno(), 2)
        try:
            yield screen
        except (TinyGPTError, KeyboardInterrupt, OSError, MemoryError):
            raise
        except Exception as error:
            if (failure := tensorflow_failure(error)) is not None:
                raise failure from error
            if log is None:
                chatter.seek(0)
                screen.write(chatter.read().decode("utf-8", "replace"))
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


@contextlib.contextmanager
def closed_whatever_happens(stream: TextIO) -> Generator[None, None, None]:
    """Close a stream at the end, though what it still holds may not be written any more."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            stream.close()
