"""Joining the processes of a run, and telling the failures of others from one's own."""

import contextlib
import importlib
import os
import re
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

from tinygpt_keras.config.processes import ProcessOptions
from tinygpt_keras.distribution.group import Joined
from tinygpt_keras.errors import InputError, TinyGPTError

LOST = 75  # exit status of a process that has lost another one: `EX_TEMPFAIL`, try again later
# What XLA's errors name that tell of another process: the libraries that sum over processes, or the coordinator.
OF_OTHERS = re.compile(
    r"[A-Z_]+: .*(gloo|nccl|coordination|heartbeat|socket closed|by peer)", re.DOTALL | re.IGNORECASE
)


class LostError(TinyGPTError):
    """Another process has ended, or can no longer be reached."""


def join(options: ProcessOptions, met: int) -> Joined:
    """Join the other processes; call it before anything else uses JAX.

    JAX ends the process where the others do not come in time, so the launcher reads from `met` whether all have joined.

    Args:
        options: With the coordinator and this process's number.
        met: A file descriptor; a byte is written to it when all have met, and it is closed.

    Returns:
        The group.

    Raises:
        InputError: When the processes have different numbers of devices.
    """
    with silent(), interruptible():
        jax: Any = importlib.import_module("jax")
        jax.distributed.initialize(
            options.coordinator,
            options.processes,
            options.process_id,
            initialization_timeout=options.join_timeout,
            heartbeat_timeout_seconds=options.heartbeat,
            shutdown_timeout_seconds=options.join_timeout,
        )
        devices, local = len(jax.devices()), len(jax.local_devices())
        if devices != local * options.processes:
            raise InputError(
                f"this process has {local} of {devices} devices, and another one more or fewer. Give all "
                f"{options.processes} as many, such as by CUDA_VISIBLE_DEVICES."
            )
        group = Joined(options.process_id or 0, options.processes, devices, options.repeated)
        group.any(False)  # connects each to each
    os.write(met, b"!")
    os.close(met)
    return group


@contextlib.contextmanager
def interruptible() -> Generator[None, None, None]:
    """End the process at once on Ctrl-C in the block: Python would wait for a C library's call to return."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
