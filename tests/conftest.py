"""What several tests share: running commands, and one small trained run with copies of it."""

import contextlib
import gc
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import settings

from tinygpt_keras.models.open import open_run

# As small as a GPT gets, without what costs seconds of tracing: blocks, samples, XLA, Muon.
SMALL = [
    *("--embed-dim", "16", "--num-heads", "2", "--num-layers", "1", "--block-size", "16", "--batch-size", "4"),
    *("--sample-length", "0", "--jit-compile", "off", "--optimizer", "adamw", "--eval-characters", "2000"),
]
SLOW_FIXTURES = {"small_run", "opened"}


def start(verb, *flags, cwd, **kwargs):
    """Start `python -m tinygpt_keras.VERB` as a process of its own."""
    command = [sys.executable, "-m", f"tinygpt_keras.{verb}", *map(str, flags)]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **kwargs.pop("env", {})}
    return subprocess.Popen(command, cwd=cwd, text=True, encoding="utf-8", env=environment, **{**streams, **kwargs})


def in_a_process(verb, *flags, cwd, **kwargs):
    """Run `python -m tinygpt_keras.VERB` to its end; return its status, output and messages."""
    process = start(verb, *flags, cwd=cwd, **kwargs)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def command(verb, *flags, cwd):
    """Run a command in this process, where TensorFlow is loaded once; return its status, output and messages."""
    main = importlib.import_module(f"tinygpt_keras.{verb}").main
    with contextlib.chdir(cwd), captured("stdout", 1) as out, captured("stderr", 2) as err:
        try:
            status = main([str(flag) for flag in flags])
        except SystemExit as end:  # argparse's
            status = end.code
    return status, out[0], err[0]


@contextlib.contextmanager
def captured(name, descriptor):
    """Redirect a standard stream of Python and of C, and yield a list that holds its text afterwards."""
    saved, stream, lines = os.dup(descriptor), getattr(sys, name), []
    with tempfile.TemporaryFile() as file, os.fdopen(os.dup(file.fileno()), "w", encoding="utf-8") as text:
        os.dup2(file.fileno(), descriptor)
        setattr(sys, name, text)
        try:
            yield lines
        finally:
            text.flush()
            setattr(sys, name, stream)
            os.dup2(saved, descriptor)
            os.close(saved)
            file.seek(0)
            lines.append(file.read().decode("utf-8"))


settings.register_profile("fuzz", max_examples=20_000, print_blob=True, deadline=None)
settings.register_profile("untimed", settings.default, deadline=None)  # no test fails for a busy machine
settings.load_profile("untimed")


def pytest_configure(config):
    """Let XLA keep what it compiles: most tests, and the processes that they start, compile the same programs."""
    if hasattr(config, "cache"):
        kept = config.cache.mkdir(f"xla-{version('tensorflow')}")
        flags = f"--tf_xla_persistent_cache_directory={kept} --tf_xla_persistent_cache_device_types=CPU"
        os.environ.setdefault("TF_XLA_FLAGS", flags)
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.cache.mkdir(f"xla-jax-{version('jax')}")))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark tests as slow that train a run, open the terminal UI, need a server, or take minutes.

    The last two are among them because a user's `-m` replaces the default one.
    """
    for item in items:
        apart = item.get_closest_marker("serving") or item.get_closest_marker("long")
        if apart or SLOW_FIXTURES.intersection(item.fixturenames):
            item.add_marker("slow")


def pytest_collection_finish():
    """Collect garbage rarely: with TensorFlow and Textual loaded, collections took a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    """A folder with `runs/small`, a finished run of 40 steps on tiny Shakespeare."""
    folder = tmp_path_factory.mktemp("trained")
    flags = [*SMALL, "--num-layers", 2, "--eval-characters", 0]
    flags += ["--steps", 40, "--eval-every", 20, "--run-dir", "runs/small"]
    status, out, err = command("train", *flags, cwd=folder)
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
