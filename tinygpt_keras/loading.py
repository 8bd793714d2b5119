"""Loading Keras and TensorFlow, which is most of what a command takes to start."""

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

# TensorFlow and Keras import these wherever they find them, for what no command does: a quarter of their own time.
UNUSED = ("IPython", "jax", "matplotlib")


def load_keras() -> None:
    """Load Keras and TensorFlow, a quarter sooner than an import would.

    They make half a million objects that stay. Python would search them for garbage again and again while they are
    made, and ever after. What else the process has made until then is not searched any more, either.
    """
    if "keras" in sys.modules:
        return
    searching = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module("keras")
        gc.freeze()
    finally:
        if searching:
            gc.enable()


@contextlib.contextmanager
def without_unused() -> Iterator[None]:
    """Let modules that nobody uses seem not to be installed, for a process of our own.

    What has been imported before stays, and so does JAX where Keras runs on it.
    """
    modules = cast("dict[str, Any]", sys.modules)  # `None` there means that a module is not to be had
    hidden = [name for name in UNUSED if name not in modules and not (name == "jax" and keras_runs_on_jax())]
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            modules.pop(name, None)


def keras_runs_on_jax() -> bool:
    """Say whether JAX is the backend that Keras will choose, by its variable or else by its configuration."""
    chosen = os.environ.get("KERAS_BACKEND", "")
    if not chosen:
        with contextlib.suppress(OSError, RuntimeError):  # no such file, or no home
            folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
            chosen = (folder / "keras.json").read_text("utf-8", "replace")
    return "jax" in chosen
