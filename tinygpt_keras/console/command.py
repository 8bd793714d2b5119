"""What a command owes its user: one line for an error, no traceback, and an exit status."""

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

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def run_command(parser: ArgumentParser, body: Callable[[dict[str, Any]], int], argv: list[str] | None) -> int:
    """Run a command, and turn what goes wrong into a line and an exit status.

    Args:
        parser: Reads the arguments.
        body: The command; it takes the flags' values and returns an exit status.
        argv: The arguments; the process's own when `None`.

    Returns:
        0 done; 1 failed for a reason outside the input; 2 wrong input; 130 interrupted.
    """
    open_missing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode shows what it can
    flags = vars(parser.parse_args(argv))
    try:
        status = body(flags)
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
        drop_output()  # whoever read it has seen enough
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
    """Print an error as one line and give the status back."""
    tell(f"error: {printable(' '.join(message.split()))}")
    return status
