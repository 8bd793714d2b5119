"""Commands run as their users run them, each in a folder of its own, with caches that are known."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

COMPLAINTS = "complaints.txt"
SHOWN = 2000  # characters of them


def environment(caches: Path, bytecode: bool = False) -> dict[str, str]:
    """Give an environment whose caches all lie in one folder: what is new to the folder is new to a command.

    Args:
        caches: The folder; made when missing.
        bytecode: Whether Python's compiled modules are cached there, too, not where pip has put them.

    Returns:
        The environment's variables.
    """
    inherited = dict(os.environ)
    homes = {"HOME": "home", "XDG_CACHE_HOME": "cache", "TMPDIR": "tmp"}
    homes |= {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TRITON_CACHE_DIR": "triton"}
    if bytecode:
        homes["PYTHONPYCACHEPREFIX"] = "bytecode"
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # with it nothing would ever be warm
    for name in homes.values():
        (caches / name).mkdir(parents=True, exist_ok=True)
    inherited["CUDA_VISIBLE_DEVICES"] = ""  # both sides on the processor
    return {**inherited, **{variable: str(caches / name) for variable, name in homes.items()}}


@contextlib.contextmanager
def started(
    command: list[str], folder: Path, variables: dict[str, str]
) -> Generator[subprocess.Popen[str], None, None]:
    """Start a command, and kill it when the block ends, if it has not ended by itself.

    Args:
        command: The command.
        folder: Where it runs; what it complains about is kept there.
        variables: Its environment.

    Yields:
        The process, its standard output a pipe.
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
    """Kill a process that has a session of its own, with all that it may have started, such as compilers.

    Args:
        process: The process, which may have ended.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run(command: list[str], folder: Path, variables: dict[str, str]) -> tuple[float, str]:
    """Run a command from its start to its exit.

    Args:
        command: The command.
        folder: Where it runs.
        variables: Its environment.

    Returns:
        The seconds that it took, and what it printed.

    Raises:
        RuntimeError: When it fails.
    """
    start = time.perf_counter()
    with started(command, folder, variables) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        if process.wait():
            raise failure(command, folder)
        return time.perf_counter() - start, output


def failure(command: object, folder: Path) -> RuntimeError:
    """Word that a command has ended too early, with its last complaints."""
    complaints = (folder / COMPLAINTS).read_text("utf-8", "replace")[-SHOWN:]
    return RuntimeError(f"{command} has ended too early:\n{complaints}")
