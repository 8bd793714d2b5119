"""What several tests share: running a command as a person would, and one small trained run with copies of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinygpt_keras.models.open import open_run

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


@pytest.fixture
def copy(small_run, tmp_path) -> Path:
    """A run that may be changed."""
    shutil.copytree(small_run, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def retrained(small_run, tmp_path_factory) -> Path:
    """The same run with other weights."""
    folder = tmp_path_factory.mktemp("retrained") / "run"
    shutil.copytree(small_run, folder)
    other = open_run(small_run)
    for variable in other.model.trainable_variables:
        variable.assign(-variable)
    other.model.save(folder / "best.keras")
    return folder


def replace_weights(run, retrained):
    """Put other weights in the place of the best, as training does."""
    shutil.copyfile(retrained / "best.keras", run / "next.keras")
    (run / "next.keras").replace(run / "best.keras")
