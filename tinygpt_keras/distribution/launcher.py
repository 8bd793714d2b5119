"""Starting the processes of a run, and starting them again when one is lost.

JAX ends a process whose peer is gone by an abort, which no process survives to explain. So each is the child of one
that loads no library: it says in a line what has happened, and knows when to begin again.
"""

import importlib.util
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygpt_keras import console
from tinygpt_keras.config.processes import LOCAL, ProcessOptions
from tinygpt_keras.distribution.child import Child
from tinygpt_keras.distribution.joining import LOST
from tinygpt_keras.distribution.passing_on import Signals, passing_on
from tinygpt_keras.errors import InputError

LOOK_EVERY_S = 0.05
WELL = (None, console.DONE, console.INTERRUPTED)  # statuses of processes that run, or have come to the run's end
TOGETHER_S = 1.0  # in this time all processes notice that one is gone
END_S = 15.0  # in this time the others end after the first has ended well


@dataclass(frozen=True)
class Ending:
    """How the processes ended."""

    status: int
    """The first process's exit status, or that of a loss."""
    why: str = ""
    """What was lost, in a sentence; empty where nothing was."""


def supervise(options: ProcessOptions, command: Callable[[], Sequence[str]], resumed: Callable[[], str]) -> int:
    """Train in several processes, all on this machine or one of those on several.

    Args:
        options: How many, and where they meet.
        command: Returns the arguments of `train` for the next attempt.
        resumed: Returns the command that continues the run, for a message; an empty string if there is no run here.

    Returns:
        The exit status.
    """
    check_port(options)
    with passing_on() as signals:
        ending = attempt_once(options, command(), signals)
        for retry in range(1, options.retries + 1):
            if ending.why and not signals.came:
                console.tell(f"{ending.why}; starting again, {retry} of {options.retries}")
                ending = attempt_once(options, command(), signals)
    if not ending.why:
        return ending.status
    if signals.came:
        console.tell("interrupted; to continue:" if resumed() else "interrupted", *filter(None, [resumed()]))
        return console.INTERRUPTED
    advice = f" Continue with: {resumed()}" if resumed() else ""
    return console.complain(f"{ending.why}, and training has ended.{advice}", console.FAILED)


def check_backend(environment: Mapping[str, str]) -> None:
    """Refuse several processes where Keras cannot use JAX.

    Raises:
        InputError: When the user has chosen another backend, or JAX is not installed.
    """
    if (backend := environment.get("KERAS_BACKEND", "jax")) != "jax":
        raise InputError(f"--processes trains on JAX, but KERAS_BACKEND is {backend}. Set it to jax, or leave it out.")
    if importlib.util.find_spec("jax") is None:
        raise InputError(
            "--processes needs JAX, which is not installed: pip install jax, or the extra jax of this package."
        )


def check_port(options: ProcessOptions) -> None:
    """Reject a port on which another program of this machine listens: JAX would crash.

    Raises:
        InputError: When process 0 of this machine cannot listen there.
    """
    if not options.coordinator or options.process_id:
        return
    port = int(options.coordinator.rpartition(":")[2])
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError as error:
            raise InputError(f"port {port} cannot be used on this machine: {error.strerror}. Choose another.") from None


def attempt_once(options: ProcessOptions, command: Sequence[str], signals: Signals) -> Ending:
    """Start the processes of this machine, and wait for their end."""
    everywhere = bool(options.coordinator)
    coordinator = options.coordinator or f"{LOCAL}:{free_port()}"
    numbers = [options.process_id or 0] if everywhere else range(options.processes)
    children: list[Child] = []
    try:
        for number in numbers:
            own = replace(options, process_id=number, coordinator=coordinator)
            children.append(Child(own, command, shares_terminal=everywhere))
            signals.receiver = signals.receiver or children[0]
        return wait(children, options)
    finally:
        signals.receiver = None
        for child in children:
            child.kill()
        if sys.stderr.isatty():
            print("\033[?25h", end="", file=sys.stderr, flush=True)  # a killed display leaves the cursor hidden


def wait(children: Sequence[Child], options: ProcessOptions) -> Ending:
    """Wait until the first process ends, or one is lost."""
    first = children[0]
    while first.status() is None and all(child.status() in WELL for child in children):
        time.sleep(LOOK_EVERY_S)
    # A process that has lost another may end before the lost one is seen, and an error may end all one by one.
    await_all(
        children,
        END_S if any(child.status() in (console.FAILED, console.WRONG_INPUT) for child in children) else TOGETHER_S,
    )
    if (status := first.status()) is not None and not first.is_lost():
        await_all(children, END_S)
        return Ending(status)
    gone = [child for child in children if child.status() is not None]
    return Ending(LOST, what_is_lost(gone, options, [child.number for child in children if child not in gone]))


def await_all(children: Sequence[Child], seconds: float) -> None:
    """Wait until all have ended, or for so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(child.status() is None for child in children):
        time.sleep(LOOK_EVERY_S)


def what_is_lost(gone: Sequence[Child], options: ProcessOptions, running: Sequence[int] = ()) -> str:
    """Name the process that was lost.

    Where one was killed, the others end because of it. Where all that have ended did so because of another, that one no
    longer answers, or is on another machine.

    Args:
        gone: Those of this machine that have ended.
        options: The processes.
        running: The numbers of the others.
    """
    for child in gone:
        if killed := child.killed_by():
            return f"process {child.number} was killed by {killed}"
    for child in gone:
        if not child.is_lost() and child.status() not in WELL:
            return f"process {child.number} ended with status {child.status()}{child.last_error()}"
    if not any(child.has_met for child in gone):
        return (
            f"not all of the {options.processes} processes came to {gone[0].options.coordinator} within "
            f"{options.join_timeout} s. Start the same command on every machine, each with a --process-id of its own "
            f"from 0 to {options.processes - 1}, and check that all machines reach that address, and each other by name"
        )
    if running:
        numbers = ", ".join(map(str, running))
        return f"process{'es' if len(running) > 1 else ''} {numbers} no longer answer{'' if len(running) > 1 else 's'}"
    return "another process has ended, or can no longer be reached"


def free_port() -> int:
    """Return a port of this machine that nothing listens to."""
    with socket.socket() as found:
        found.bind((LOCAL, 0))
        return found.getsockname()[1]
