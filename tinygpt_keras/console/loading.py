"""Loading Keras and TensorFlow, which is most of what a command takes to start."""

import gc
import importlib
import sys

from tinygpt_keras.errors import TinyGPTError


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
        if searching:
            gc.enable()
