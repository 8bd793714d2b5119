"""Import of Keras and TensorFlow, which takes most of a command's start-up time."""

import gc
import importlib
import sys

from tinygpt_keras.errors import TinyGPTError


def load_keras() -> None:
    """Import Keras and TensorFlow with garbage collection off, which takes a quarter less time.

    The import creates half a million permanent objects, which the collector would traverse repeatedly during the
    import and ever after. Freezing exempts them, and every other object alive by then, from later collections.

    Raises:
        TinyGPTError: When Keras's configured backend is not installed.
    """
    if "keras" in sys.modules:
        return
    searching = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module("keras")
        gc.freeze()
    except (ImportError, ValueError) as error:  # Keras raises either for a missing backend
        raise TinyGPTError(
            f"Keras cannot be loaded: {error}. KERAS_BACKEND or ~/.keras/keras.json names its backend; "
            "that should be tensorflow, or jax where it is installed."
        ) from error
    finally:
        if searching:
            gc.enable()
