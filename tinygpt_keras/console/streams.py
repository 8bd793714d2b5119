"""Standard streams: closed ones, broken pipes, and redirection of the libraries' messages."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from tinygpt_keras import files
from tinygpt_keras.console.failures import tensorflow_failure
from tinygpt_keras.console.printable import printable
from tinygpt_keras.errors import TinyGPTError


def open_missing() -> None:
    """Point closed standard streams, as by `2>&-`, at /dev/null; Python sets them to `None`."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The new file gets the lowest free descriptor, which is that of the closed stream.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 stays open until exit


def write_out() -> None:
    """Flush standard output while an error can still be reported; on failure, drop the rest."""
    try:
        sys.stdout.flush()
    except OSError:
        drop_output()
        raise


def drop_output(descriptor: int = 1) -> None:
    """Point a descriptor at /dev/null, so that Python's flush at exit does not fail with a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def tell(*lines: str) -> None:
    """Print lines to standard error, even if nothing reads it any more.

    Args:
        lines: The lines. A line break inside one is shown as a picture, so that no path or name looks like two lines.
    """
    try:
        for line in lines:
            print(printable(line, keep="\t"), file=sys.stderr, flush=True)
    except OSError:
        drop_output(2)


def show(result: str, end: str = "\n") -> None:
    """Print a result to standard output: on a terminal without what could control it, elsewhere as it is."""
    print(printable(result, keep="\n\t") if sys.stdout.isatty() else result, end=end, flush=True)


@contextlib.contextmanager
def quiet_libraries(log: Path | None = None) -> Generator[TextIO, None, None]:
    """Redirect standard error, where libraries print, to a log.

    This redirects file descriptor 2: no setting stops TensorFlow from writing its start-up lines to it
    (tensorflow#100442).

    Args:
        log: The file to append to. Without one, the output goes to a temporary file, and is shown only if the block
            fails with an unexpected exception.

    Yields:
        A stream to the original standard error.
    """
    sys.stderr.flush()
    screen = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    with (
        closed_whatever_happens(screen),
        open(log, "ab", opener=files.opener) if log else tempfile.TemporaryFile() as chatter,
    ):
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
    """Close a stream at the end, ignoring a failure to write its buffer."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            stream.close()
