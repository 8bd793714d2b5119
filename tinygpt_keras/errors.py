"""User-facing errors: each message states what is wrong and what to do."""

import contextlib
from collections.abc import Generator
from pathlib import Path


class TinyGPTError(Exception):
    """A failure other than wrong input, such as a full disk; commands exit with status 1."""


class DivergedError(TinyGPTError):
    """The loss is not finite, or far above that of uniform guessing.

    Args:
        step: The step at which this was noticed.
        loss: The training loss in nats, or `None` if a loss is not finite.
        guessing: The loss of uniform guessing in nats.
    """

    def __init__(self, step: int, loss: float | None = None, guessing: float = 0.0) -> None:
        what = "the loss is no longer a number"
        if loss is not None:
            what = f"the training loss is {loss:.4g}, where guessing blindly has {guessing:.3f},"
        super().__init__(f"{what} at step {step}. Lower --learning-rate, or set --clip-norm 1.")


class InputError(TinyGPTError):
    """Wrong input or usage; commands exit with status 2."""


class UnsafeFileError(InputError, OSError):
    """Something other than a regular file of a sensible size has the path of one.

    Also an `OSError`, so that what passes over an unreadable file passes over this one.
    """


class DamagedError(InputError):
    """A file that this program wrote is incomplete or changed."""


@contextlib.contextmanager
def reading(path: Path | str, missing: str, instead: str = "") -> Generator[None, None, None]:
    """Turn a missing file, or one without permission, into an `InputError`.

    Args:
        path: The file that the block reads, or its name.
        missing: The message when it does not exist.
        instead: What else the user can do than allow reading it, such as `, or give another --data`.

    Yields:
        Once.

    Raises:
        InputError: When the block raises one of these errors.
    """
    try:
        yield
    except FileNotFoundError:
        raise InputError(missing) from None
    except PermissionError:
        raise InputError(f"{path} may not be read. Allow reading it{instead}.") from None
