"""Loading Keras and TensorFlow, which is most of what a command takes to start."""

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, cast

from tinygpt_keras.errors import TinyGPTError

# What TensorFlow and Keras import wherever they find it, for TFLite, galleries and notebooks; no command needs these.
UNUSED = ("IPython", "jax", "matplotlib")


def load_keras() -> None:
    """Load Keras and TensorFlow, a quarter sooner than an import would.

    They make half a million objects that stay. Python would search them for garbage again and again while they are
    made, and ever after. What else the process has made until then is not searched any more, either.

    Raises:
        TinyGPTError: When the library that Keras is told to run on is not installed.
    """
    if "keras" in sys.modules:
        return
    searching = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module("keras")
        gc.freeze()
    except (ImportError, ValueError) as error:  # Keras has both for a backend that is not there
        raise TinyGPTError(
            f"Keras cannot be loaded: {error}. It runs on what KERAS_BACKEND or ~/.keras/keras.json names; "
            "that should be tensorflow."
        ) from error
    finally:
        reveal(UNUSED)
        if searching:
            gc.enable()


@contextlib.contextmanager
def without_unused() -> Generator[None, None, None]:
    """Let modules that no command uses seem not to be installed until Keras is loaded.

    It is for processes of our own: what Keras has not found then, it will not look for again. What has been imported
    before stays, and JAX does where Keras runs on something else than TensorFlow.
    """
    hidden: list[str] = []
    if "keras" not in sys.modules:
        hidden = [name for name in UNUSED if name not in sys.modules and (name != "jax" or keras_runs_on_tensorflow())]
    cast("dict[str, Any]", sys.modules).update(dict.fromkeys(hidden))  # `None` there means that it is not to be had
    try:
        yield
    finally:
        reveal(hidden)


def reveal(names: Iterable[str]) -> None:
    """Let modules be found again that were hidden."""
    modules = cast("dict[str, Any]", sys.modules)
    for name in names:
        if modules.get(name, name) is None:
            del modules[name]


def keras_runs_on_tensorflow() -> bool:
    """Say whether Keras will surely choose TensorFlow, by its variable or any configuration that it may read."""
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen == "tensorflow"
    for folder in (os.environ.get("KERAS_HOME", ""), "~/.keras", "/tmp/.keras"):
        try:
            configuration = Path(folder, "keras.json").expanduser().read_text("utf-8", "replace")
        except (OSError, RuntimeError):  # no such file, or no home
            continue
        if "tensorflow" not in configuration:
            return False
    return True
