"""Run commands as users do, each in a folder of its own with controlled caches."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

COMPLAINTS = "complaints.txt"
SHOWN = 2000  # characters of it in an error


def environment(caches: Path, bytecode: bool = False) -> dict[str, str]:
    """Return an environment with all caches in one folder, so that a new folder means cold caches.

    Args:
        caches: The folder; made if missing.
        bytecode: Whether to cache Python's compiled modules there, too, and not where pip put them.

    Returns:
        The environment variables.
    """
    inherited = dict(os.environ)
    homes = {"HOME": "home", "XDG_CACHE_HOME": "cache", "TMPDIR": "tmp"}
    homes |= {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TRITON_CACHE_DIR": "triton"}
    if bytecode:
        homes["PYTHONPYCACHEPREFIX"] = "bytecode"
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # it would prevent a warm bytecode cache
    for name in homes.values():
        (caches / name).mkdir(parents=True, exist_ok=True)
    inherited["CUDA_VISIBLE_DEVICES"] = ""  # both sides on the CPU
    return {**inherited, **{variable: str(caches / name) for variable, name in homes.items()}}


@contextlib.contextmanager
def started(
    command: list[str], folder: Path, variables: dict[str, str]
) -> Generator[subprocess.Popen[str], None, None]:
    """Start a command, and kill it at the end of the block if it still runs.

    Args:
        command: The command.
        folder: The working directory, which also gets its standard error as a file.
        variables: The environment.

    Yields:
        The process, with a pipe as standard output.
    """
    with (folder / COMPLAINTS).open("w") as complaints:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)
            process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a process with a session of its own, and its children, such as compilers.

    Args:
        process: The process, which may have ended.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run(command: list[str], folder: Path, variables: dict[str, str]) -> tuple[float, str]:
    """Run a command from its start to its exit.

    Args:
        command: The command.
        folder: The working directory.
        variables: The environment.

    Returns:
        The duration in seconds, and the standard output.

    Raises:
        RuntimeError: If the command fails.
    """
    start = time.perf_counter()
    with started(command, folder, variables) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        if process.wait():
            raise failure(command, folder)
        return time.perf_counter() - start, output


def failure(command: object, folder: Path) -> RuntimeError:
    """Return an error for a command that ended too early, with the end of its standard error."""
    complaints = (folder / COMPLAINTS).read_text("utf-8", "replace")[-SHOWN:]
    return RuntimeError(f"{command} ended too early:\n{complaints}")
