"""Running a command: an error becomes one line without a traceback, and an exit status."""

import contextlib
import io
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from tinygpt_keras.console.failures import TOO_LARGE, advice
from tinygpt_keras.console.printable import printable
from tinygpt_keras.console.streams import drop_output, open_missing, tell, write_out
from tinygpt_keras.errors import InputError, TinyGPTError

LONGEST_ERROR = 2000  # characters
DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def run_command(parser: ArgumentParser, body: Callable[[dict[str, Any]], int], argv: list[str] | None) -> int:
    """Run a command, and turn an exception into one line on standard error and an exit status.

    Args:
        parser: The parser of the arguments.
        body: The command, which takes the parsed flags and returns an exit status.
        argv: The arguments; those of the process when `None`.

    Returns:
        0 for success, 1 for a failure outside the input, 2 for invalid input, 130 when interrupted.
    """
    open_missing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # where the terminal has no Unicode
    try:
        status = body(vars(parser.parse_args(argv)))
        write_out()
        return status
    except InputError as error:
        return complain(str(error), WRONG_INPUT)
    except TinyGPTError as error:
        return complain(str(error), FAILED)
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        drop_output()  # the reader, such as `head`, has closed the pipe
        return DONE
    except MemoryError:
        return complain(TOO_LARGE, FAILED)
    except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
        return complain(f"{error.filename}: {error.strerror}. Give another path.", WRONG_INPUT)
    except OSError as error:
        with contextlib.suppress(OSError):
            write_out()
        place = f"{error.filename}: " if error.filename else ""
        return complain(f"{place}{error.strerror or error}. {advice(error)}", FAILED)


def complain(message: str, status: int) -> int:
    """Print an error as one line, and return the status."""
    words = " ".join(message.split())
    shown = words if len(words) <= LONGEST_ERROR else f"{words[: LONGEST_ERROR // 2]} … {words[-LONGEST_ERROR // 2 :]}"
    tell(f"error: {printable(shown)}")
    return status
