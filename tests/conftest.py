"""What several tests share: running a command as a person would, and one small trained run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# As small as a GPT gets; every option that a run can have is left to the tests that are about it.
SMALL = [
    *("--embed-dim", "16", "--num-heads", "2", "--num-layers", "2", "--block-size", "16"),
    *("--batch-size", "4", "--sample-length", "12", "--jit-compile", "off"),
]


def start(verb, *flags, cwd, **kwargs):
    """Start `python -m tinygpt_keras.VERB` as a process of its own."""
    command = [sys.executable, "-m", f"tinygpt_keras.{verb}", *map(str, flags)]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **kwargs.pop("env", {})}
    return subprocess.Popen(command, cwd=cwd, text=True, encoding="utf-8", env=environment, **{**streams, **kwargs})


def command(verb, *flags, cwd, **kwargs):
    """Run `python -m tinygpt_keras.VERB` to its end; gives its status, output and messages."""
    process = start(verb, *flags, cwd=cwd, **kwargs)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    """A folder with `runs/small`, a finished run of 40 steps on tiny Shakespeare."""
    folder = tmp_path_factory.mktemp("trained")
    status, out, err = command(
        "train", *SMALL, "--steps", 40, "--eval-every", 20, "--run-dir", "runs/small", cwd=folder
    )
    assert (status, out) == (0, "runs/small\n"), err
    return folder / "runs" / "small"
