"""What a command owes its terminal: one line for an error, no traceback, and no library's chatter."""

import contextlib
import errno
import io
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TextIO

from tinygpt_keras.errors import InputError, TinyGPTError
from tinygpt_keras.loading import without_unused

TOO_LARGE = "there is not enough memory. Use a smaller model, batch or text."
DISK_FULL = "there is no space left where TensorFlow wrote. Free some, and try again."
DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def run_command(parser: ArgumentParser, body: Callable[[dict[str, Any]], int], argv: list[str] | None) -> int:
    """Run a command, without modules that it does not use, and turn what goes wrong into a line and an exit status.

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
        with without_unused():
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


def advice(error: OSError) -> str:
    """Say what to do about what the system refuses."""
    try:
        Path.cwd()
    except OSError:
        return "The current folder is gone. Change to another one with cd, and try again."
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):  # Windows has no quota's number
        return "Free some space, and try again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Allow reading and writing there, or give another path."
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL):
        return "Give another path."
    return "Try again, or give a path on another disk."


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


def complain(message: str, status: int) -> int:
    """Print an error as one line and give the status back."""
    tell(f"error: {printable(' '.join(message.split()))}")
    return status


def printable(text: str, keep: str = "") -> str:
    """Show control characters as pictures, so that no text can act on the terminal.

    Args:
        text: Any text.
        keep: Control characters to leave, such as a line end.

    Returns:
        The text with C0 controls as U+2400 pictures and other controls as U+FFFD.
    """
    if text.isprintable():  # as nearly all texts are; a terminal acts on nothing that Unicode calls printable
        return text
    return "".join(c if c in keep or not acts(c) else picture(c) for c in text)


def acts(character: str) -> bool:
    """Say whether a terminal obeys a character instead of showing it: controls, and changes of direction."""
    point = ord(character)
    direction = point in (0x061C, 0x200E, 0x200F, 0xFEFF) or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069
    return point < 0x20 or 0x7F <= point <= 0x9F or direction


def picture(character: str) -> str:
    """Give a control character's picture."""
    point = ord(character)
    return chr(0x2400 + point) if point < 0x20 else "\u2421" if point == 0x7F else "\ufffd"


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


def tensorflow_failure(error: Exception) -> TinyGPTError | None:
    """Word a failure that TensorFlow reports in its own way: a full disk, or too little memory.

    Args:
        error: Any exception.

    Returns:
        What to raise instead; `None` for anything else.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "OpError" not in names:
        return None
    reason = str(error).lower()
    if os.strerror(errno.ENOSPC).lower() in reason:
        return TinyGPTError(DISK_FULL)
    # A GPU's allocator and its libraries do not always say it by the exception's type.
    if "ResourceExhaustedError" in names or "out of memory" in reason:
        return TinyGPTError(TOO_LARGE)
    return None
