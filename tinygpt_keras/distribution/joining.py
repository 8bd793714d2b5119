"""Joining the processes of a run, and telling the failures of others from one's own."""

import contextlib
import os
import re
from collections.abc import Generator
from pathlib import Path

from tinygpt_keras.config.processes import ProcessOptions
from tinygpt_keras.distribution.group import Group, Joined
from tinygpt_keras.errors import TinyGPTError

LOST = 75  # exit status of a process that has lost another one: `EX_TEMPFAIL`, try again later
# What XLA's errors name that tell of another process: the libraries that sum over processes, or the coordinator.
OF_OTHERS = re.compile(
    r"[A-Z_]+: .*(gloo|nccl|coordination|heartbeat|socket closed|by peer)", re.DOTALL | re.IGNORECASE
)


class LostError(TinyGPTError):
    """Another process has ended, or can no longer be reached."""


def join(options: ProcessOptions, met: int) -> Group:
    """Join the other processes; call it before anything else uses JAX.

    JAX ends the process where the others do not come in time, so whoever started it learns from `met` how far it came.

    Args:
        options: With the coordinator and this process's number.
        met: A file descriptor; a byte is written to it when all have met, and it is closed.

    Returns:
        The group.
    """
    with silent():
        import jax

        jax.distributed.initialize(
            options.coordinator,
            options.processes,
            options.process_id,
            initialization_timeout=options.join_timeout,
            heartbeat_timeout_seconds=options.heartbeat,
            shutdown_timeout_seconds=options.join_timeout,
        )
        group = Joined(options.process_id or 0, options.processes)
        group.any(False)  # connects each to each
    os.write(met, b"!")
    os.close(met)
    return group


@contextlib.contextmanager
def silent() -> Generator[None, None, None]:
    """Drop what libraries print to standard error's descriptor in the block; a C library may end the process there."""
    with Path(os.devnull).open("wb") as nowhere:
        saved = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@contextlib.contextmanager
def naming_loss() -> Generator[None, None, None]:
    """Raise `LostError` for the errors in the block that tell of another process.

    The sum that fails first raises what Gloo or NCCL says, and no type of its own.
    """
    try:
        yield
    except Exception as error:
        if OF_OTHERS.match(str(error)):
            raise LostError from error
        raise
